import { CollectionError, readLines } from '../evaluation/read-lines.js';
import { CommandError } from './context.js';

/** One line of a file to warm the cache with. */
export interface WarmLine {
  readonly query: string;
  readonly documents: readonly { readonly id: string; readonly text: string }[];
  /** Characters of the line, for progress. */
  readonly size: number;
}

const LIMITS = { lines: 100_000_000, characters: 16 * 2 ** 20 } as const;

/**
 * Reads JSON lines of `{"query", "documents"}`; a document is a text or `{"text", "id"?}`. One line is held at a time.
 * Throws `CommandError` that names the line.
 */
export async function* readWarmLines(path: string, shown: string): AsyncGenerator<WarmLine> {
  try {
    for await (const { number, text } of readLines(path, LIMITS)) {
      const fail = (reason: string) => new CommandError(`${shown}, line ${number}: ${reason}`);
      const { query, documents } = parseObject(text, fail);
      if (typeof query !== 'string' || query.trim() === '') throw fail('"query" must be a text');
      if (!Array.isArray(documents)) throw fail('"documents" must be a list');
      yield {
        query,
        documents: documents.map((one, index) => documentOf(one, index, fail)),
        size: text.length,
      };
    }
  } catch (error) {
    if (error instanceof CollectionError) throw new CommandError(error.message);
    throw error;
  }
}

type Fail = (reason: string) => CommandError;

function parseObject(text: string, fail: Fail): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw fail('not JSON');
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw fail('not a JSON object');
  return value as Record<string, unknown>;
}

function documentOf(value: unknown, index: number, fail: Fail): { id: string; text: string } {
  const { text, id = String(index) } =
    typeof value === 'string' ? { text: value } : ((value ?? {}) as { text?: unknown; id?: unknown });
  if (typeof text !== 'string') throw fail(`document ${index} has no "text"`);
  if (typeof id !== 'string' || id === '') throw fail(`"id" of document ${index} must be a string`);
  return { id, text };
}
