import { copyFileSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FolderLock } from '../../src/stores/lock.js';
import { type Connect, connectFile } from '../../src/stores/sqlite-file.js';
import { FORMAT_VERSION, formatOf, MIGRATIONS, migrate, STATE } from '../../src/stores/sqlite-schema.js';
import { DatabaseHome, failureOf, putCell } from './database-home.js';

let home: DatabaseHome;

beforeEach(() => {
  home = new DatabaseHome();
});
afterEach(() => home.remove());

describe('a healthy file', () => {
  it('is in write-ahead mode while it is open, and in one piece afterwards', () => {
    const database = home.openDatabase();
    database.commit('a', putCell('k'));
    expect(existsSync(`${home.path}-wal`)).toBe(true);
    database.close();
    expect(readdirSync(home.folder)).toEqual([basename(home.path)]);
    const reader = new BetterSqlite3(home.path, { readonly: true });
    expect(reader.pragma('journal_mode', { simple: true })).toBe('delete');
    expect(reader.pragma('integrity_check', { simple: true })).toBe('ok');
    reader.close();
  });

  it.each([
    ['normal', 1],
    ['full', 2],
  ] as const)('is synchronised as the setting says: %s', (sync, level) => {
    const seen: unknown[] = [];
    const connect: Connect = (path, options) => {
      const database = connectFile(path, options);
      const close = database.close.bind(database);
      database.close = () => {
        if (path === home.path) seen.push(database.pragma('synchronous', { simple: true }));
        return close();
      };
      return database;
    };
    const database = home.openDatabase({ sync, connect });
    database.commit('a', putCell('k'));
    database.close();
    expect(seen).toEqual([level]);
  });

  it('keeps its log short under many commits', () => {
    const database = home.openDatabase();
    for (let n = 0; n < 300; n += 1) database.commit('a', putCell('k', 'x'.repeat(50_000)));
    // A checkpoint every 1000 pages of 4 KiB lets the log start over.
    expect(statSync(`${home.path}-wal`).size).toBeLessThan(5 * 1024 * 1024);
  });

  it('uses an index for everything it is asked', () => {
    const database = home.openDatabase();
    database.commit('a', putCell('k'));
    const reader = new BetterSqlite3(home.path, { readonly: true });
    const plans = [
      `SELECT * FROM rows WHERE namespace = 'a' AND kind IN ('meta', 'cell')`,
      `SELECT * FROM rows INDEXED BY rows_by_group WHERE namespace = 'a' AND kind = 'b' AND grp = 'c' ORDER BY sequence DESC`,
      `SELECT * FROM rows INDEXED BY rows_by_expiry WHERE expires_at <= 5 ORDER BY expires_at LIMIT 3`,
      `SELECT * FROM rows INDEXED BY impressions_by_age WHERE kind = 'impression' ORDER BY sequence LIMIT 3`,
      `SELECT * FROM rows INDEXED BY impressions_by_namespace WHERE namespace = 'a' AND kind = 'impression' ORDER BY sequence`,
      `DELETE FROM rows WHERE namespace = 'a'`,
    ].map((query) => reader.prepare(`EXPLAIN QUERY PLAN ${query}`).all() as { detail: string }[]);
    reader.close();
    for (const plan of plans.flat()) {
      expect(plan.detail).toMatch(/USING (COVERING )?INDEX/);
      expect(plan.detail).not.toContain('TEMP B-TREE');
    }
  });
});

describe('formats', () => {
  it('refuses a newer file at the start and leaves every byte of it alone', () => {
    home.writeDatabase();
    const newer = new BetterSqlite3(home.path);
    newer.pragma(`user_version = ${FORMAT_VERSION + 1}`);
    newer.close();
    const before = readFileSync(home.path);
    const database = home.openDatabase();
    expect(failureOf(() => database.open())).toBe('newer');
    expect(failureOf(() => database.commit('a', putCell('k')))).toBe('newer');
    expect(failureOf(() => database.load('a'))).toBe('newer');
    expect(readFileSync(home.path).equals(before)).toBe(true);
    expect(home.setAside).toEqual([]);
  });

  it('sees a newer format that is still in the log only', () => {
    home.writeDatabase();
    const newer = new BetterSqlite3(home.path);
    newer.pragma('journal_mode = WAL');
    newer.pragma(`user_version = ${FORMAT_VERSION + 1}`);
    const copy = join(home.folder, 'copy.sqlite');
    for (const suffix of ['', '-wal']) copyFileSync(home.path + suffix, copy + suffix);
    newer.close();
    const before = [readFileSync(copy), readFileSync(`${copy}-wal`)];
    expect(failureOf(() => home.openDatabase({ path: copy }).open())).toBe('newer');
    expect([readFileSync(copy), readFileSync(`${copy}-wal`)]).toEqual(before);
  });

  it('brings an older file up to date, each step once and all or none', () => {
    const database = new BetterSqlite3(home.path);
    const steps = ['CREATE TABLE one (a)', 'INSERT INTO one VALUES (1)'];
    migrate(database, steps.slice(0, 1));
    expect(formatOf(database)).toBe(1);
    migrate(database, steps);
    migrate(database, steps);
    expect(formatOf(database)).toBe(2);
    expect(database.prepare('SELECT count(*) FROM one').pluck().get()).toBe(1);
    expect(() =>
      migrate(database, [...steps, 'INSERT INTO one VALUES (2)', 'INSERT INTO nowhere VALUES (1)']),
    ).toThrow();
    expect(formatOf(database)).toBe(2);
    expect(database.prepare('SELECT count(*) FROM one').pluck().get()).toBe(1);
    expect(database.pragma('application_id', { simple: true })).toBe(STATE.applicationId);
    database.close();
  });

  it('reads a file of format 1 as it was released', () => {
    // Released formats stay as literals: this one must open for ever.
    const old = new BetterSqlite3(home.path);
    old.exec(`
      PRAGMA application_id = 1313035057; PRAGMA user_version = 1;
      CREATE TABLE rows (sequence INTEGER PRIMARY KEY, namespace TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL,
        value TEXT NOT NULL, bytes INTEGER NOT NULL, grp TEXT, expires_at REAL) STRICT;
      CREATE UNIQUE INDEX rows_by_key ON rows (namespace, kind, key);
      CREATE INDEX rows_by_group ON rows (namespace, kind, grp) WHERE grp IS NOT NULL;
      CREATE INDEX rows_by_expiry ON rows (expires_at) WHERE expires_at IS NOT NULL;
      CREATE INDEX impressions_by_age ON rows (sequence) WHERE kind = 'impression';
      CREATE INDEX impressions_by_namespace ON rows (namespace) WHERE kind = 'impression';
      CREATE TABLE totals (namespace TEXT NOT NULL, kind TEXT NOT NULL, rows INTEGER NOT NULL, bytes INTEGER NOT NULL,
        PRIMARY KEY (namespace, kind)) STRICT, WITHOUT ROWID;
      INSERT INTO rows VALUES (7, 'a', 'cell', 'k', '"v"', 3, 'g', 5.5);
      INSERT INTO totals VALUES ('a', 'cell', 1, 3);`);
    old.close();
    const database = home.openDatabase();
    expect(database.load('a')).toEqual([
      { kind: 'cell', key: 'k', value: '"v"', group: 'g', expiresAt: 5.5 },
    ]);
    expect(database.usage('a').bytes.cell).toBe(3);
    expect(MIGRATIONS).toHaveLength(FORMAT_VERSION);
  });
});

it('refuses the start when another process owns the folder, and reads nothing', () => {
  const owner = new FolderLock(home.folder);
  owner.acquire();
  const database = home.openDatabase({ lock: new FolderLock(home.folder) });
  expect(failureOf(() => database.open())).toBe('locked');
  expect(failureOf(() => database.load('a'))).toBe('locked');
  expect(existsSync(home.path)).toBe(false);
  owner.release();
  home.clock.advance(100);
  expect(database.open()).toBeUndefined();
});
