import { isJsonObject, type JsonObject } from '../schemas/issues.js';

/**
 * The text of a document that is an object: the values of `rankFields` in their order, a line each; else `text`; else
 * `content`, or the text parts of it; else the whole object as JSON.
 */
export function documentText(document: JsonObject, rankFields: readonly string[] | undefined): string {
  if (rankFields !== undefined) {
    const values: string[] = [];
    for (const field of rankFields) {
      const value = Object.hasOwn(document, field) ? document[field] : undefined;
      if (value !== undefined && value !== null) {
        values.push(typeof value === 'string' ? value : JSON.stringify(value));
      }
    }
    if (values.length > 0) return values.join('\n');
  }
  return wrappedText(document) ?? JSON.stringify(document);
}

/**
 * The text of a query: itself, or what an object wraps; anything else (an image, say) as JSON with sorted keys, so that
 * equal queries are equal texts.
 */
export function queryText(query: unknown): string {
  if (typeof query === 'string') return query;
  return (isJsonObject(query) ? wrappedText(query) : undefined) ?? canonicalJson(query);
}

/** `text`, or `content`: a string, or a list whose text parts are joined. */
function wrappedText({ text, content }: JsonObject): string | undefined {
  if (typeof text === 'string') return text;
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return undefined;
  const parts = content.flatMap((part: unknown) =>
    isJsonObject(part) && typeof part.text === 'string' ? [part.text] : [],
  );
  return parts.length === 0 ? undefined : parts.join('\n');
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (!isJsonObject(inner)) return inner;
    const names = Object.keys(inner).sort();
    return Object.fromEntries(names.map((name) => [name, inner[name]]));
  });
}
