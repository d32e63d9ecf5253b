import {
  type Change,
  type ImpressionBounds,
  KINDS,
  type Kind,
  type Row,
  type RowPage,
  type Store,
} from '../../src/stores/store.js';

/** What a driver gives the suite. */
export interface StoreHarness {
  /** A store without rows, or, with `again`, the one of before opened anew. */
  open(options: { impressions?: ImpressionBounds; again?: boolean }): Promise<Store>;
  /** A change that fails when it is applied, after those before it were. */
  failingChange(): Change;
  /** Ends what `open` began. */
  cleanUp(): Promise<void>;
}

/** The store under test; `open` before each test, `close` after it. */
export class StoreSubject {
  private current: { readonly harness: StoreHarness; readonly store: Store } | undefined;

  constructor(private readonly makeHarness: () => StoreHarness) {}

  get store(): Store {
    return this.now.store;
  }

  async open(impressions?: ImpressionBounds): Promise<void> {
    const harness = this.makeHarness();
    this.current = { harness, store: await harness.open(impressions ? { impressions } : {}) };
  }

  /** The same store, closed and opened again. */
  async reopen(impressions?: ImpressionBounds): Promise<void> {
    const { harness, store } = this.now;
    await store.close();
    const bounds = impressions ? { impressions } : {};
    this.current = { harness, store: await harness.open({ again: true, ...bounds }) };
  }

  /** Another store, empty, with these bounds. */
  async openEmpty(impressions: ImpressionBounds): Promise<void> {
    await this.close();
    await this.open(impressions);
  }

  async close(): Promise<void> {
    const { harness, store } = this.now;
    await store.close();
    await harness.cleanUp();
  }

  failingChange(): Change {
    return this.now.harness.failingChange();
  }

  private get now(): { readonly harness: StoreHarness; readonly store: Store } {
    if (this.current === undefined) throw new Error('open the subject first');
    return this.current;
  }
}

export function put(kind: Kind, key: string, value = '{}', more: Partial<Row> = {}): Change {
  return { put: { kind, key, value, ...more } };
}

export function remove(kind: Kind, key: string): Change {
  return { remove: { kind, key } };
}

export function impression(key: string, bytes: number): Change {
  return put('impression', key, 'x'.repeat(bytes));
}

export function keys(rows: readonly Row[]): string[] {
  return rows.map((row) => row.key);
}

/** Sweeps to the end, never more than `limit` rows at a time; answers how many went. */
export async function sweep(store: Store, now: number, limit = 100): Promise<number> {
  let total = 0;
  for (;;) {
    const { removed, more } = await store.sweep(now, limit);
    if (removed > limit) throw new Error(`swept ${removed} rows, ${limit} were asked for`);
    total += removed;
    if (!more) return total;
  }
}

/** Scans to the end, `limit` rows at a time. */
export async function scan(
  store: Pick<Store, 'scan'>,
  namespace: string,
  limit = 100,
): Promise<{ rows: Row[]; pages: number }> {
  const rows: Row[] = [];
  let cursor: number | null = 0;
  for (let pages = 0; ; pages += 1) {
    if (cursor === null) return { rows, pages };
    const page: RowPage = await store.scan(namespace, cursor, limit);
    if (page.rows.length > limit) throw new Error(`${page.rows.length} rows, ${limit} were asked for`);
    rows.push(...page.rows);
    cursor = page.next;
  }
}

export async function impressionsOf(
  store: Store,
  namespace: string,
  candidates: readonly string[],
): Promise<string[]> {
  const found = await Promise.all(candidates.map((key) => store.get(namespace, 'impression', key)));
  return candidates.filter((_, index) => found[index]);
}

/** Everything that can be asked of a namespace, in one comparable value. */
export async function contents(
  store: Store,
  namespace: string,
  rowKeys: readonly string[],
): Promise<unknown> {
  const rows: (Row | undefined)[] = [];
  for (const kind of KINDS) for (const key of rowKeys) rows.push(await store.get(namespace, kind, key));
  const state = (await store.load(namespace)).map((row) => JSON.stringify(row)).sort();
  return { rows, state, usage: await store.usage(namespace) };
}
