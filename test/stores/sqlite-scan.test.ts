import BetterSqlite3, { type Database } from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SqliteCommits } from '../../src/stores/sqlite-commits.js';
import { SqliteQueries } from '../../src/stores/sqlite-queries.js';
import { migrate } from '../../src/stores/sqlite-schema.js';
import { put, remove } from '../contracts/store-subject.js';

let database: Database;
let commits: SqliteCommits;
let walks: number;
beforeEach(() => {
  database = new BetterSqlite3(':memory:');
  migrate(database);
  commits = new SqliteCommits(database);
  walks = 0;
});
afterEach(() => database.close());

/** Counts the walks over a namespace's index. */
function countedQueries(): SqliteQueries {
  const { prepare } = database;
  database.prepare = ((source: string) => {
    const statement = prepare.call(database, source);
    if (!source.includes('rows_by_key')) return statement;
    const all = statement.all.bind(statement) as (...values: unknown[]) => unknown[];
    statement.all = (...values: unknown[]) => {
      walks += 1;
      return all(...values);
    };
    return statement;
  }) as Database['prepare'];
  return new SqliteQueries(database);
}

function keysOf(queries: SqliteQueries, limit: number, betweenPages: () => void = () => {}): string[] {
  const keys: string[] = [];
  for (let cursor: number | null = 0; cursor !== null; betweenPages()) {
    const page = queries.scan('a', cursor, limit);
    keys.push(...page.rows.map(({ key }) => key));
    cursor = page.next;
  }
  return keys;
}

it('a scan in pages walks the index for every 4096 rows, not for every page', () => {
  const queries = countedQueries();
  const keys = Array.from({ length: 10_000 }, (_, n) => `${n}`);
  commits.commit(
    'a',
    keys.map((key) => put('cell', key)),
  );
  commits.commit('b', [put('cell', 'other')]);
  expect(keysOf(queries, 32)).toEqual(keys);
  // 4096, 4096, the rest, and once more for what was put meanwhile.
  expect(walks).toBe(4);
});

it('misses nothing that stays, and shows nothing twice, while others put, remove and scan', () => {
  const key = fc.integer({ min: 0, max: 30 }).map(String);
  const step = fc.record({ kind: fc.constantFrom('put', 'remove', 'other', 'scan'), key });
  const queries = new SqliteQueries(database);
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), (steps, limit) => {
      // Of a scan that is given up: sequences are used again, by others.
      queries.scan('a', 0, 1);
      commits.drop('a');
      commits.drop('b');
      for (let n = 0; n < 20; n += 1) commits.commit((n + limit) % 3 ? 'a' : 'b', [put('cell', `${n}`)]);
      const before = new SqliteQueries(database).scan('a', 0, 100).rows.map((row) => row.key);
      const touched = new Set<string>();
      const left = [...steps];
      const seen = keysOf(queries, limit, () => {
        const next = left.shift();
        if (next === undefined) return;
        if (next.kind === 'scan') queries.scan('b', 0, 3);
        else if (next.kind === 'other') commits.commit('b', [put('cell', next.key)]);
        else {
          touched.add(next.key);
          commits.commit('a', [next.kind === 'put' ? put('cell', next.key) : remove('cell', next.key)]);
        }
      });
      const isStill = (one: string) => !touched.has(one);
      expect(seen.filter(isStill)).toEqual(before.filter(isStill));
    }),
  );
});
