/** How the rows of an answer are found and read. */
export interface RowFields {
  /** Name of the list in the answer; absent = the answer is the list. */
  readonly list?: string;
  /** Names of the score, the first that is there. */
  readonly scores: readonly string[];
  /** Name of the place in the request (`index`).. */
  readonly index?: string;
  /** Whether that is the id we gave the document, a string of digits. */
  readonly isId?: boolean;
}

/**
 * The scores of an answer in the order of the request, whatever its own: one for each of `count` documents, each once. Throws
 * an Error, which repeats nothing of the answer, where any is missing, there twice, out of range, or no finite number.
 */
export function readRows(body: unknown, count: number, fields: RowFields): Float64Array {
  const rows = fields.list === undefined ? body : field(body, fields.list);
  if (!Array.isArray(rows)) throw new Error('the answer has no list of scores');
  if (rows.length !== count) throw new Error(`scores for ${rows.length} documents instead of ${count}`);
  const scores = new Float64Array(count).fill(Number.NaN);
  for (const row of rows) {
    const index = toIndex(field(row, fields.index ?? 'index'), fields.isId ?? false);
    if (!(index >= 0 && index < count)) throw new Error('a score for no document of the request');
    if (!Number.isNaN(scores[index])) throw new Error('two scores for one document');
    scores[index] = finite(firstOf(row, fields.scores));
  }
  return scores;
}

/** A list of scores in the order of the request; throws as `readRows` does. */
export function readScores(list: unknown, count: number): Float64Array {
  if (!Array.isArray(list)) throw new Error('the answer has no list of scores');
  if (list.length !== count) throw new Error(`scores for ${list.length} documents instead of ${count}`);
  return Float64Array.from(list, finite);
}

/** A field of what may be no object. */
export function field(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null && Object.hasOwn(of, name)
    ? (of as Record<string, unknown>)[name]
    : undefined;
}

function firstOf(row: unknown, names: readonly string[]): unknown {
  return field(row, names.find((name) => field(row, name) !== undefined) ?? '');
}

function toIndex(value: unknown, isId: boolean): number {
  if (!isId) return Number.isSafeInteger(value) ? (value as number) : -1;
  return typeof value === 'string' && /^(0|[1-9]\d{0,8})$/.test(value) ? Number(value) : -1;
}

function finite(score: unknown): number {
  if (typeof score !== 'number' || !Number.isFinite(score)) throw new Error('a score that is no number');
  return score;
}
