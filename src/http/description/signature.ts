import type { oas31 } from 'zod-openapi';

type Schema = oas31.SchemaObject | oas31.ReferenceObject;

/**
 * A JSON Schema as people read types: `{ query: string, top_n?: integer ≥ 1 | null }`. A named schema is `#Name`.
 *
 * @param indent blanks before the lines of an object
 */
export function signatureOf(schema: Schema, indent = ''): string {
  if ('$ref' in schema) return `#${String(schema.$ref).split('/').at(-1)}`;
  const { anyOf, enum: words, const: word, type, items, properties } = schema as oas31.SchemaObject;
  if (anyOf !== undefined) return anyOf.map((one) => signatureOf(one, indent)).join(' | ');
  if (words !== undefined) return words.map((one: unknown) => JSON.stringify(one)).join(' | ');
  if (word !== undefined) return JSON.stringify(word);
  if (type === 'array') return `[${signatureOf(items ?? {}, indent)}, …]${bounds(schema)}`;
  if (type === 'object' && properties !== undefined)
    return objectSignature(schema as oas31.SchemaObject, indent);
  return `${type === undefined ? 'anything' : String(type)}${bounds(schema)}`;
}

function objectSignature({ properties = {}, required = [] }: oas31.SchemaObject, indent: string): string {
  const inner = `${indent}  `;
  const lines = Object.entries(properties).map(([name, property]) => {
    const mark = required.includes(name) ? '' : '?';
    const { description } = property as oas31.SchemaObject;
    const about = description === undefined ? '' : `  // ${description}`;
    return `${inner}${name}${mark}: ${signatureOf(property, inner)}${about}\n`;
  });
  return lines.length === 0 ? '{}' : `{\n${lines.join('')}${indent}}`;
}

/** Bounds that say something: those of safe integers go without saying. */
function bounds({ minimum, maximum, minLength, maxLength, minItems, maxItems }: oas31.SchemaObject): string {
  const least = minimum ?? minLength ?? minItems;
  const most = maximum ?? maxLength ?? maxItems;
  const parts = [
    ...(least !== undefined && least !== Number.MIN_SAFE_INTEGER ? [`≥ ${least}`] : []),
    ...(most !== undefined && most !== Number.MAX_SAFE_INTEGER ? [`≤ ${most}`] : []),
  ];
  return parts.length === 0 ? '' : ` ${parts.join(' ')}`;
}
