import { ManualClock } from '../../src/base/clock.js';
import type { Cell } from '../../src/namespaces/cell.js';
import { Namespace } from '../../src/namespaces/namespace.js';
import type { WideNarrative } from '../../src/namespaces/namespace-wide.js';
import { stateRow } from '../../src/namespaces/records.js';
import { NamespaceRegistry } from '../../src/namespaces/registry.js';
import { Retention, type RetentionOptions } from '../../src/namespaces/retention.js';
import type { Row } from '../../src/stores/store.js';
import { TestStore } from '../fixtures/fake-stores.js';
import { DAY_MS, NO_GUARD, START_MS } from '../fixtures/memory.js';
import { TestReranker } from '../fixtures/reranker.js';

/** Everything of `START_MS` and later stays. */
export const DAYS = 30;
export const NOW = START_MS + DAYS * DAY_MS;

/** Stored namespaces, a registry over them, and retention over both; it is `NOW`. */
export class Home {
  readonly clock = new ManualClock(NOW);
  readonly store = new TestStore();
  readonly reranker = new TestReranker({ store: this.store, clock: this.clock });
  readonly registry = new NamespaceRegistry<Namespace>({
    open: (name, onMade) => Namespace.open(name, this.reranker.dependencies, onMade),
    defaultName: 'default',
    maxBytes: 2 ** 30,
    cacheMaxBytes: 2 ** 30,
    clock: this.clock,
    onEvicted: () => undefined,
  });
  readonly outcomes: string[] = [];
  readonly failures: string[] = [];

  retention(changes: Partial<RetentionOptions> = {}): Retention {
    return new Retention({
      registry: this.registry,
      store: this.store,
      clock: this.clock,
      days: DAYS,
      intervalMs: 0,
      sweepOnStart: false,
      storageTimeoutMs: 10_000,
      notBefore: 0,
      onRemoved: () => undefined,
      onSwept: (outcome) => this.outcomes.push(outcome),
      onFailure: (name, error) => this.failures.push(`${name}: ${error.message}`),
      ...changes,
    });
  }

  put(namespace: string, ...rows: Row[]): Promise<void> {
    return this.store.commit(
      namespace,
      rows.map((put) => ({ put })),
    );
  }

  async rows(namespace: string): Promise<Row[]> {
    const rows = await this.store.load(namespace);
    return rows.sort((left, right) => (left.kind + left.key < right.kind + right.key ? -1 : 1));
  }

  /** Kind and key of each row. */
  async keys(namespace: string): Promise<string[]> {
    return (await this.rows(namespace)).map(({ kind, key }) => `${kind} ${key}`);
  }

  async open(namespace: string): Promise<Namespace> {
    return this.registry.use(namespace, async (open) => open);
  }
}

const { encoder } = new Home().reranker;
export const ENCODER = `${encoder.name}@${encoder.version}`;

export function vector(seed = 1): Float32Array {
  return Float32Array.from({ length: encoder.dimension }, (_, i) => (i === seed ? 1 : 0));
}

export function cell(id: string, decayedAt: number, documents = ['i:d1', 'i:d2']): Cell {
  const evidence = { S: 1, W: 2, textHash: 'h', bits: null };
  return {
    id,
    encoder: ENCODER,
    key: vector(2),
    guard: NO_GUARD,
    feedbacks: 3,
    decayedAt,
    narrative: vector(3),
    mass: 2,
    documents: new Map(documents.map((key) => [key, evidence])),
  };
}

/** The fields of the state row stand in another order once it was read. */
export function parsed(row: Row) {
  return { ...row, value: JSON.parse(row.value) };
}

export function used(lastUsedAt: number) {
  return { right: 2, wrong: 1, lastUsedAt };
}

export function state(home: Home, wide: WideNarrative): Row {
  const { scorer, hash } = home.reranker;
  const shared = { encoder: ENCODER, scorer: scorer.revision, hashKey: hash.fingerprint };
  return stateRow({ ...shared, beta: 4, feedbacks: 3, pinnedDimension: null, wide });
}

export const OLD = START_MS - 1;
