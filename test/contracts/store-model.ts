import fc from 'fast-check';
import {
  type Change,
  type ImpressionBounds,
  KINDS,
  type Row,
  STATE_KINDS,
  type Store,
} from '../../src/stores/store.js';
import { scan, sweep } from './store-subject.js';

/** The store contract as one list in the order of the puts: slow, and plainly right. */
export class NaiveStore {
  private held: { namespace: string; row: Row }[] = [];

  constructor(private readonly bounds: ImpressionBounds) {}

  commit(namespace: string, changes: readonly Change[]): void {
    for (const change of changes) {
      const { kind, key } = 'put' in change ? change.put : change.remove;
      this.held = this.held.filter(
        (item) => !(item.namespace === namespace && item.row.kind === kind && item.row.key === key),
      );
      if ('put' in change) this.held.push({ namespace, row: change.put });
    }
    if (!changes.some((change) => 'put' in change && change.put.kind === 'impression')) return;
    const { namespaceBytes, totalBytes, namespaceCount = Number.POSITIVE_INFINITY } = this.bounds;
    this.trim((item) => item.namespace === namespace, namespaceBytes, namespaceCount);
    this.trim(() => true, totalBytes, Number.POSITIVE_INFINITY);
  }

  rows(namespace: string): Row[] {
    return this.held.filter((item) => item.namespace === namespace).map((item) => item.row);
  }

  namespaces(): string[] {
    return [...new Set(this.held.map((item) => item.namespace))].sort();
  }

  drop(namespace: string): void {
    this.held = this.held.filter((item) => item.namespace !== namespace);
  }

  sweep(now: number): number {
    const before = this.held.length;
    this.held = this.held.filter((item) => !(item.row.expiresAt !== undefined && item.row.expiresAt <= now));
    return before - this.held.length;
  }

  private trim(
    belongs: (item: { namespace: string; row: Row }) => boolean,
    most: number,
    mostRows: number,
  ): void {
    for (;;) {
      const counted = this.held.filter((item) => item.row.kind === 'impression' && belongs(item));
      const bytes = counted.reduce((sum, item) => sum + Buffer.byteLength(item.row.value), 0);
      if (bytes <= most && counted.length <= mostRows) return;
      this.held = this.held.filter((item) => item !== counted[0]);
    }
  }
}

const NAMES = ['a', 'A', '__proto__'];
const GROUPS = ['g', 'h'];
const KEYS = ['1', '2', '3', 'constructor'];

const rowArbitrary: fc.Arbitrary<Row> = fc.record(
  {
    kind: fc.constantFrom(...KINDS, 'impression' as const, 'impression' as const),
    key: fc.constantFrom(...KEYS),
    value: fc.string({ maxLength: 8 }),
    group: fc.constantFrom(...GROUPS),
    expiresAt: fc.integer({ min: 1, max: 5 }),
  },
  { requiredKeys: ['kind', 'key', 'value'] },
);

const changeArbitrary: fc.Arbitrary<Change> = fc.oneof(
  { weight: 3, arbitrary: rowArbitrary.map((put) => ({ put })) },
  {
    weight: 1,
    arbitrary: fc.record({
      remove: fc.record({ kind: fc.constantFrom(...KINDS), key: fc.constantFrom(...KEYS) }),
    }),
  },
);

/** Something asked of a store and of the model: both answers must be equal. */
export interface StoreOperation {
  ask(store: Store): Promise<unknown>;
  expect(model: NaiveStore): unknown;
}

const name = fc.constantFrom(...NAMES);
const byKey = (one: Row, other: Row) => `${one.kind} ${one.key}`.localeCompare(`${other.kind} ${other.key}`);

/** Random operations, each with what it must answer. */
export const storeOperation: fc.Arbitrary<StoreOperation> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.tuple(name, fc.array(changeArbitrary, { maxLength: 6 })).map(([namespace, changes]) => ({
      ask: (store: Store) => store.commit(namespace, changes),
      expect: (model: NaiveStore) => model.commit(namespace, changes),
    })),
  },
  {
    weight: 2,
    arbitrary: name.map((namespace) => ({
      ask: async (store: Store) => (await store.load(namespace)).toSorted(byKey),
      expect: (model: NaiveStore) =>
        model
          .rows(namespace)
          .filter((row) => (STATE_KINDS as readonly string[]).includes(row.kind))
          .sort(byKey),
    })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(name, fc.constantFrom(...KINDS), fc.constantFrom(...GROUPS), fc.integer({ min: 0, max: 4 }))
      .map(([namespace, kind, group, limit]) => ({
        ask: (store: Store) => store.find(namespace, kind, group, limit),
        expect: (model: NaiveStore) =>
          model
            .rows(namespace)
            .filter((row) => row.kind === kind && row.group === group)
            .reverse()
            .slice(0, limit),
      })),
  },
  {
    weight: 2,
    arbitrary: name.map((namespace) => ({
      ask: async (store: Store) => [await store.usage(namespace), await store.namespaces()],
      expect: (model: NaiveStore) => [usageOf(model.rows(namespace)), model.namespaces()],
    })),
  },
  {
    weight: 1,
    arbitrary: name.map((namespace) => ({
      ask: (store: Store) => store.drop(namespace),
      expect: (model: NaiveStore) => model.drop(namespace),
    })),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(name, fc.integer({ min: 1, max: 5 })).map(([namespace, limit]) => ({
      ask: async (store: Store) => (await scan(store, namespace, limit)).rows,
      expect: (model: NaiveStore) => model.rows(namespace),
    })),
  },
  {
    weight: 1,
    arbitrary: name.map((namespace) => ({
      ask: (store: Store) => store.release(namespace),
      expect: () => undefined,
    })),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 1, max: 5 }).map((now) => ({
      ask: (store: Store) => sweep(store, now, 3),
      expect: (model: NaiveStore) => model.sweep(now),
    })),
  },
);

function usageOf(rows: readonly Row[]): unknown {
  const total = (kind: string, measure: (row: Row) => number) =>
    rows.filter((row) => row.kind === kind).reduce((sum, row) => sum + measure(row), 0);
  return {
    rows: Object.fromEntries(KINDS.map((kind) => [kind, total(kind, () => 1)])),
    bytes: Object.fromEntries(
      KINDS.map((kind) => [kind, total(kind, (row) => Buffer.byteLength(row.value))]),
    ),
  };
}
