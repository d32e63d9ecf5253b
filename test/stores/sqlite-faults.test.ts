import BetterSqlite3, { type Database } from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoreEngine } from '../../src/stores/engine.js';
import { SqliteDatabase } from '../../src/stores/sqlite-database.js';
import { type Connect, connectFile } from '../../src/stores/sqlite-file.js';
import { type Change, type ImpressionBounds, StorageError } from '../../src/stores/store.js';
import { NaiveStore } from '../contracts/store-model.js';
import { impression, put, remove } from '../contracts/store-subject.js';
import { SqliteFilesHome } from './sqlite-files-home.js';

/** Counts everything that is written, and lets the n-th fail. */
class FaultyWrites {
  private count = 0;

  constructor(
    /** Which write fails; 0 = none. */
    private readonly failAt: number,
    private readonly code: string,
  ) {}

  get hasFailed(): boolean {
    return this.failAt > 0 && this.count >= this.failAt;
  }

  readonly connect: Connect = (path, options) => {
    const database = connectFile(path, options);
    const { prepare, transaction, pragma } = database;
    database.prepare = ((source: string) => {
      const statement = prepare.call(database, source);
      if (!/^\s*(INSERT|DELETE|UPDATE)/.test(source)) return statement;
      for (const method of ['run', 'get'] as const) {
        const original = statement[method].bind(statement) as (...values: unknown[]) => unknown;
        statement[method] = ((...values: unknown[]) => {
          this.write(database);
          return original(...values);
        }) as never;
      }
      return statement;
    }) as Database['prepare'];
    database.transaction = ((work: () => unknown) =>
      transaction.call(database, (() => {
        work();
        this.write(database);
      }) as never)) as Database['transaction'];
    database.pragma = ((source: string, options?: { simple?: boolean }) => {
      if (/(user_version|journal_mode) =/.test(source)) this.write(database);
      return pragma.call(database, source, options);
    }) as Database['pragma'];
    return database;
  };

  private write(database: Database): void {
    this.count += 1;
    if (this.count !== this.failAt) return;
    // As SQLite does itself after some failures.
    if (database.inTransaction && this.code !== 'SQLITE_FULL') database.exec('ROLLBACK');
    throw new BetterSqlite3.SqliteError('injected', this.code);
  }
}

interface Step {
  ask(engine: StoreEngine): void;
  tell(model: NaiveStore): void;
  /** It may have done a part and left the rest to the next call of its kind. */
  readonly isPartial?: boolean;
}

function commit(namespace: string, ...changes: Change[]): Step {
  return {
    ask: (engine) => engine.commit(namespace, changes),
    tell: (model) => model.commit(namespace, changes),
  };
}

function drop(namespace: string): Step {
  return { ask: (engine) => engine.drop(namespace), tell: (model) => model.drop(namespace) };
}

function sweep(now: number): Step {
  return {
    ask: (engine) => void engine.sweep(now, 100),
    tell: (model) => model.sweep(now),
    isPartial: true,
  };
}

function release(namespace: string): Step {
  return { ask: (engine) => engine.release(namespace), tell: () => {} };
}

const BOUNDS: ImpressionBounds = { namespaceBytes: 25, totalBytes: 1000 };
const SCENARIO: readonly Step[] = [
  commit('a', put('cell', 'k', '1', { group: 'g' }), impression('1', 10)),
  commit('b', put('used', 'u', '1', { expiresAt: 5 }), put('meta', 'm')),
  commit('a', impression('2', 10), impression('3', 10), put('cell', 'k', '2')),
  release('a'),
  sweep(5),
  commit('a', put('used', 'u', '1', { expiresAt: 9 }), remove('impression', '2')),
  commit('c', put('used', 'u', '1', { expiresAt: 9 })),
  drop('b'),
  release('a'),
  sweep(9),
  commit('b', put('cell', 'again')),
  commit('a', remove('cell', 'k'), impression('4', 30)),
];

function stateOf(engine: StoreEngine): unknown {
  const rows = ['a', 'b', 'c'].map((name) => engine.scan(name, 0, 100).rows);
  return { names: engine.namespaces(), rows };
}

function expected(model: NaiveStore): unknown {
  return { names: model.namespaces(), rows: ['a', 'b', 'c'].map((name) => model.rows(name)) };
}

let home: SqliteFilesHome;
beforeEach(() => {
  home = new SqliteFilesHome();
});
afterEach(() => home.remove());

const ENGINES = {
  shared: (connect: Connect, impressions: ImpressionBounds) =>
    new SqliteDatabase({ path: `${home.folder}/shared.db`, clock: home.clock, connect, impressions }),
  'by namespace': (connect: Connect, impressions: ImpressionBounds) => home.engine({ connect, impressions }),
} satisfies Record<string, (connect: Connect, impressions: ImpressionBounds) => StoreEngine>;

/** Runs the scenario with one failing write; answers whether there were that many writes. */
function run(make: (typeof ENGINES)['shared' | 'by namespace'], failAt: number, code: string): boolean {
  const faults = new FaultyWrites(failAt, code);
  const engine = make(faults.connect, BOUNDS);
  const model = new NaiveStore(BOUNDS);
  try {
    engine.open();
    for (const step of SCENARIO) {
      const hadFailed = faults.hasFailed;
      // Time passes, so that a connection that failed is tried again.
      home.clock.advance(3_000);
      try {
        step.ask(engine);
      } catch (error) {
        expect(error).toBeInstanceOf(StorageError);
        expect(hadFailed).toBe(false);
        expect(stateOf(engine)).toEqual(expected(model));
        home.clock.advance(3_000);
        step.ask(engine);
      }
      step.tell(model);
      if (step.isPartial && faults.hasFailed && !hadFailed) {
        home.clock.advance(3_000);
        step.ask(engine);
      }
      expect(stateOf(engine)).toEqual(expected(model));
      while (engine.idle());
    }
  } finally {
    engine.close();
  }
  const again = make(connectFile, BOUNDS);
  expect(again.open()).toBeUndefined();
  expect(stateOf(again)).toEqual(expected(model));
  for (const name of model.namespaces()) again.drop(name);
  again.close();
  return faults.hasFailed;
}

describe.each(Object.keys(ENGINES) as (keyof typeof ENGINES)[])('a write that fails, %s', (kind) => {
  it.each(['SQLITE_FULL', 'SQLITE_IOERR_WRITE'])(
    'whichever it is changes nothing but its own call: %s',
    (code) => {
      let failAt = 1;
      while (run(ENGINES[kind], failAt, code)) failAt += 1;
      expect(failAt).toBeGreaterThan(40);
      expect(home.setAside).toEqual([]);
    },
    90_000,
  );
});

it('a commit stands although another file could not be trimmed for it; the next one trims', () => {
  const bounds = { namespaceBytes: 100, totalBytes: 30 };
  const faults = new FaultyWrites(0, 'SQLITE_FULL');
  const refusing: { path?: string } = {};
  const connect: Connect = (path, options) => {
    if (path === refusing.path) throw new BetterSqlite3.SqliteError('injected', 'SQLITE_IOERR');
    return faults.connect(path, options);
  };
  const engine = home.open({ connect, impressions: bounds });
  engine.commit('a', [impression('1', 20)]);
  engine.release('a');
  refusing.path = home.paths.pathOf('a');
  engine.commit('b', [impression('1', 20)]);
  expect(engine.usage('b').rows.impression).toBe(1);
  delete refusing.path;
  home.clock.advance(3_000);
  expect(engine.usage('a').rows.impression).toBe(1);
  engine.commit('b', [put('cell', 'k')]);
  expect(engine.usage('a').rows.impression).toBe(0);
});
