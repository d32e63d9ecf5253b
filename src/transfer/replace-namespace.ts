import { META_UNFINISHED, unfinishedRow } from '../namespaces/records.js';
import type { Row, Store } from '../stores/store.js';
import { pagesOf } from './namespace-rows.js';

/**
 * Puts rows in the place of all that a namespace has. Rows go and come in pages, and the whole is no transaction: from
 * before the first goes until the last is there, and `confirm` resolved, a mark in the namespace keeps it from being
 * taken for state, also after a crash (`META_UNFINISHED`). Whoever calls has made sure that the rows are there to be
 * read to the end.
 */
export async function replaceNamespace(
  store: Pick<Store, 'scan' | 'commit'>,
  namespace: string,
  pages: AsyncIterable<readonly Row[]> | Iterable<readonly Row[]>,
  confirm: () => Promise<void> = async () => {},
): Promise<void> {
  await store.commit(namespace, [{ put: unfinishedRow() }]);
  // Dropping the namespace would drop the mark with it.
  for await (const rows of pagesOf(store, namespace)) {
    await store.commit(
      namespace,
      rows.map(({ kind, key }) => ({ remove: { kind, key } })),
    );
  }
  for await (const rows of pages) {
    await store.commit(
      namespace,
      rows.map((row) => ({ put: row })),
    );
  }
  await confirm();
  await store.commit(namespace, [{ remove: { kind: 'meta', key: META_UNFINISHED } }]);
}
