import fc, { type Arbitrary } from 'fast-check';
import type { oas31 } from 'zod-openapi';
import { DESCRIPTION } from './described-answer.js';

type Schema = oas31.SchemaObject | oas31.ReferenceObject;

/** Lists and texts are kept short: what their bounds are is tested elsewhere. */
const MOST_ITEMS = 4;
const MOST_CHARACTERS = 12;

/** JSON values that a schema of the description allows. Knows the keywords that are used there, and throws at others. */
export function valuesOf(schema: Schema): Arbitrary<unknown> {
  if ('$ref' in schema)
    return valuesOf(DESCRIPTION.components!.schemas![String(schema.$ref).split('/').at(-1)!]!);
  const { anyOf, enum: words, const: word, type } = schema as oas31.SchemaObject;
  if (anyOf !== undefined) return fc.oneof(...anyOf.map((one) => valuesOf(one)));
  if (words !== undefined) return fc.constantFrom(...(words as unknown[]));
  if (word !== undefined) return fc.constant(word);
  if (Array.isArray(type)) {
    return fc.oneof(...type.map((one) => valuesOf({ ...schema, type: one } as oas31.SchemaObject)));
  }
  return typedValues(schema as oas31.SchemaObject);
}

function typedValues(schema: oas31.SchemaObject): Arbitrary<unknown> {
  const { type, items = {}, minItems = 0, maxItems = MOST_ITEMS, maximum, exclusiveMinimum } = schema;
  const { minimum = exclusiveMinimum } = schema;
  const minExcluded = exclusiveMinimum !== undefined;
  switch (type) {
    case undefined:
      return fc.jsonValue({ maxDepth: 2 });
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer({ min: minimum ?? Number.MIN_SAFE_INTEGER, max: maximum ?? Number.MAX_SAFE_INTEGER });
    case 'number':
      return fc.double({ min: minimum ?? -1e9, max: maximum ?? 1e9, minExcluded, noNaN: true });
    case 'string':
      return texts(schema);
    case 'array':
      return fc.array(valuesOf(items), { minLength: minItems, maxLength: Math.min(maxItems, MOST_ITEMS) });
    case 'object':
      return objects(schema);
    default:
      throw new Error(`no values for ${String(type)}`);
  }
}

function texts({
  pattern,
  minLength = 0,
  maxLength = MOST_CHARACTERS,
}: oas31.SchemaObject): Arbitrary<string> {
  const any = fc.string({
    unit: fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom('a', 'B', ' ', '7', '"') },
      { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }) },
    ),
    minLength,
    maxLength: Math.min(maxLength, MOST_CHARACTERS),
  });
  if (pattern === undefined) return any;
  if (pattern === '\\S') return any.filter((text) => /\S/.test(text));
  return fc.stringMatching(new RegExp(pattern));
}

function objects({
  properties = {},
  required = [],
  additionalProperties,
}: oas31.SchemaObject): Arbitrary<object> {
  const named = fc.record(
    Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, valuesOf(property)])),
    { requiredKeys: required },
  );
  if (additionalProperties === false || additionalProperties === undefined) return named;
  const others = fc.dictionary(
    fc.string({ unit: fc.constantFrom('x', '_', '1'), minLength: 3, maxLength: 5 }),
    additionalProperties === true ? fc.jsonValue({ maxDepth: 1 }) : valuesOf(additionalProperties),
    { maxKeys: 2 },
  );
  return fc.tuple(others, named).map(([more, own]) => ({ ...more, ...own }));
}
