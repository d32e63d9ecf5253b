import { isReadable } from '../namespaces/check-record.js';
import type { Row } from '../stores/store.js';
import { isUnfinished, pagesOf, type RowSource } from './namespace-rows.js';

/** What was found in a namespace that was read to its end. */
export interface CheckedNamespace {
  readonly namespace: string;
  readonly rows: number;
  /** UTF-8 bytes of the records. */
  readonly bytes: number;
  /** Records that cannot be read. */
  readonly damaged: number;
  /** A copy into it was not finished. */
  readonly unfinished: boolean;
}

/** Reads every record of a namespace. Rejects with what the source does where it cannot be read to its end. */
export async function checkNamespace(source: RowSource, namespace: string): Promise<CheckedNamespace> {
  let [rows, bytes, damaged] = [0, 0, 0];
  for await (const page of pagesOf(source, namespace)) {
    for (const row of page) {
      rows += 1;
      bytes += Buffer.byteLength(row.value);
      if (!isReadable(row)) damaged += 1;
    }
  }
  return { namespace, rows, bytes, damaged, unfinished: await isUnfinished(source, namespace) };
}

/** The records of a namespace that cannot be read, a page at a time. */
export async function* damagedPages(source: RowSource, namespace: string): AsyncGenerator<readonly Row[]> {
  for await (const page of pagesOf(source, namespace)) {
    const damaged = page.filter((row) => !isReadable(row));
    if (damaged.length > 0) yield damaged;
  }
}
