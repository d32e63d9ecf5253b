import { createHash } from 'node:crypto';
import { isUnfinishedMark, META_UNFINISHED } from '../namespaces/records.js';
import type { Row, StoreReader } from '../stores/store.js';
import { rowLine } from './row-line.js';

/** Rows held in memory at a time; the largest are some tens of kilobytes each. */
export const PAGE_ROWS = 200;

/** What rows are read from: a store, or a reader of one that another process owns. */
export type RowSource = Pick<StoreReader, 'scan' | 'get'>;

/** How much there is, and what tells it from anything else. */
export interface RowDigest {
  readonly rows: number;
  /** Hexadecimal SHA-256 of the rows as lines, in the order of their last puts. */
  readonly sha256: string;
}

/** All rows of a namespace in the order of their last puts, a page at a time, but for the mark of an unfinished copy. */
export async function* pagesOf(
  source: Pick<RowSource, 'scan'>,
  namespace: string,
): AsyncGenerator<readonly Row[]> {
  let cursor: number | null = 0;
  while (cursor !== null) {
    const page = await source.scan(namespace, cursor, PAGE_ROWS);
    const rows = page.rows.filter((row) => !isUnfinishedMark(row));
    if (rows.length > 0) yield rows;
    cursor = page.next;
  }
}

/** Cost: reads all that is stored of the namespace. */
export async function digestNamespace(source: RowSource, namespace: string): Promise<RowDigest> {
  const hash = createHash('sha256');
  let count = 0;
  for await (const rows of pagesOf(source, namespace)) {
    for (const row of rows) hash.update(rowLine(row));
    count += rows.length;
  }
  return { rows: count, sha256: hash.digest('hex') };
}

/** Whether a copy into the namespace was begun and not brought to its end. */
export async function isUnfinished(source: RowSource, namespace: string): Promise<boolean> {
  return (await source.get(namespace, 'meta', META_UNFINISHED)) !== undefined;
}
