import type { JsonEngine } from '../../src/stores/json-engine.js';
import type { Change, ImpressionBounds, Row } from '../../src/stores/store.js';
import type { NaiveStore } from '../contracts/store-model.js';
import { put, remove } from '../contracts/store-subject.js';

export const BOUNDS: ImpressionBounds = { namespaceBytes: 60, totalBytes: 80 };

/** One call of a scenario, with what it does to the model. */
export interface Step {
  readonly name: string;
  ask(engine: JsonEngine): void;
  tell(model: NaiveStore): void;
}

/** Time in a scenario: rows that expire do so at small numbers. */
export const SWEPT_AT = 20;

/** Commits, trims, checkpoints, sweeps, drops in three namespaces: each way in which files change. */
export function scenario(): Step[] {
  const impression = (key: string, bytes: number) => put('impression', key, 'x'.repeat(bytes));
  return [
    commit('a', [put('meta', 'm', '1'), put('cell', 'c', '1', { group: 'g' })]),
    commit('a', [put('used', 'u', '1', { expiresAt: 10 }), put('document', 'd', '1')]),
    commit('b', [impression('1', 30), put('used', 'u', '1', { expiresAt: 10 })]),
    letGo('a'),
    commit('a', [put('cell', 'c', '2'), remove('document', 'd'), impression('1', 30)]),
    commit('a', [impression('2', 30), impression('3', 20)]),
    checkpoint('a'),
    commit('b', [impression('2', 50)]),
    sweep(SWEPT_AT),
    commit('c', [put('frequencies', 'f', '1')]),
    letGo('c'),
    letGo('b'),
    drop('b'),
    commit('b', [put('meta', 'again', '1')]),
    commit('c', [remove('frequencies', 'f')]),
    letGo('c'),
    letGo('b'),
    commit('b', [put('meta', 'again', '2'), put('cell', 'x', '1')]),
  ];
}

export function commit(namespace: string, changes: readonly Change[]): Step {
  return {
    name: `commit ${namespace}`,
    ask: (engine) => engine.commit(namespace, changes),
    tell: (model) => model.commit(namespace, changes),
  };
}

/** All rows in the order of their puts, read in pages. */
export function rowsOf(engine: Pick<JsonEngine, 'scan'>, namespace: string): Row[] {
  const rows: Row[] = [];
  for (let cursor: number | null = 0; cursor !== null; ) {
    const page = engine.scan(namespace, cursor, 2);
    rows.push(...page.rows);
    cursor = page.next;
  }
  return rows;
}

/** Everything there is, in one comparable value. */
export function everything(engine: JsonEngine): unknown {
  return engine.namespaces().map((name) => [name, rowsOf(engine, name)]);
}

export function everythingOf(model: NaiveStore): unknown {
  return model.namespaces().map((name) => [name, model.rows(name)]);
}

function drop(namespace: string): Step {
  return {
    name: `drop ${namespace}`,
    ask: (engine) => engine.drop(namespace),
    tell: (model) => model.drop(namespace),
  };
}

function sweep(now: number): Step {
  return {
    name: 'sweep',
    ask: (engine) => {
      while (engine.sweep(now, 10).removed > 0) {}
    },
    tell: (model) => {
      model.sweep(now);
    },
  };
}

/** The namespace is written down and leaves memory. */
function letGo(namespace: string): Step {
  return {
    name: `let ${namespace} go`,
    ask: (engine) => {
      engine.release(namespace);
      while (engine.idle()) {}
    },
    tell: () => {},
  };
}

/** A checkpoint slice by slice, with commits in between. */
function checkpoint(namespace: string): Step {
  return {
    name: `checkpoint ${namespace} with a commit in between`,
    ask: (engine) => {
      engine.release(namespace);
      engine.idle();
      engine.commit(namespace, [put('document', 'between', '1')]);
      engine.release(namespace);
      while (engine.idle()) {}
    },
    tell: (model) => model.commit(namespace, [put('document', 'between', '1')]),
  };
}
