import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ManualClock } from '../../src/base/clock.js';
import { SqliteDatabase } from '../../src/stores/sqlite-database.js';
import { openSqliteReader } from '../../src/stores/sqlite-reader.js';
import type { StorageError, StoreReader } from '../../src/stores/store.js';
import { makeFolder } from './sqlite-harness.js';

let home: ReturnType<typeof makeFolder>;
let owner: SqliteDatabase;

beforeEach(() => {
  home = makeFolder();
  owner = new SqliteDatabase({ path: home.path, clock: new ManualClock() });
});
afterEach(() => {
  owner.close();
  home.remove();
});

async function read(reader: StoreReader): Promise<unknown> {
  const answer = [
    await reader.namespaces(),
    await reader.load('a'),
    await reader.get('a', 'cell', 'k'),
    (await reader.usage('a')).rows.cell,
  ];
  await reader.close();
  return answer;
}

function failureOf(work: () => unknown): string {
  try {
    work();
  } catch (cause) {
    return (cause as StorageError).failure;
  }
  return 'none';
}

const row = { kind: 'cell', key: 'k', value: '1' } as const;

it('reads what a running server has committed, and does not hinder it', async () => {
  owner.commit('a', [{ put: row }]);
  const reader = openSqliteReader(home.path);
  expect(await reader.load('a')).toEqual([row]);
  owner.commit('a', [{ put: { ...row, key: 'l' } }]);
  expect(await reader.load('a')).toHaveLength(2);
  await reader.close();
  owner.commit('a', [{ put: { ...row, key: 'm' } }]);
  expect(owner.usage('a').rows.cell).toBe(3);
});

it('reads a folder that nobody owns, without making or changing a file', async () => {
  owner.commit('a', [{ put: row }]);
  owner.close();
  const before = readFileSync(home.path);
  const reader = openSqliteReader(home.path);
  expect(await reader.namespaces()).toEqual(['a']);
  expect(readdirSync(home.folder)).toHaveLength(1);
  expect(await read(reader)).toEqual([['a'], [row], row, 1]);
  expect(readdirSync(home.folder)).toHaveLength(1);
  expect(readFileSync(home.path).equals(before)).toBe(true);
});

it('finds nothing where there is nothing', async () => {
  expect(await read(openSqliteReader(home.path))).toEqual([[], [], undefined, 0]);
  expect(readdirSync(home.folder)).toEqual([]);
});

it('refuses what it cannot read, and calls after it was closed', async () => {
  writeFileSync(home.path, 'garbage');
  expect(failureOf(() => openSqliteReader(home.path))).toBe('damaged');
  owner.open();
  owner.close();
  const other = new BetterSqlite3(home.path);
  other.pragma('user_version = 99');
  expect(failureOf(() => openSqliteReader(home.path))).toBe('newer');
  other.pragma('user_version = 0');
  expect(failureOf(() => openSqliteReader(home.path))).toBe('io');
  other.pragma('user_version = 1');
  other.close();
  const reader = openSqliteReader(home.path);
  await reader.close();
  await expect(reader.namespaces()).rejects.toMatchObject({ failure: 'closed' });
});
