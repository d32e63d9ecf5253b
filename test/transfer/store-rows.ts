import type { Row, Store } from '../../src/stores/store.js';
import { pagesOf, type RowSource } from '../../src/transfer/namespace-rows.js';

/** A row of a kind, small. */
export function row(kind: Row['kind'], key: string, value = '{}', more: Partial<Row> = {}): Row {
  return { kind, key, value, ...more };
}

export async function fill(
  store: Pick<Store, 'commit'>,
  namespace: string,
  rows: readonly Row[],
): Promise<void> {
  await store.commit(
    namespace,
    rows.map((put) => ({ put })),
  );
}

/** All rows of a namespace in the order of their last puts. */
export async function rowsOf(source: RowSource, namespace: string): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const page of pagesOf(source, namespace)) rows.push(...page);
  return rows;
}

/** Everything a store holds, in one comparable value. */
export async function everything(store: Store): Promise<Record<string, Row[]>> {
  const names = await store.namespaces();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await rowsOf(store, name)] as const)),
  );
}

export async function textOf(chunks: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const chunk of chunks) text += chunk;
  return text;
}
