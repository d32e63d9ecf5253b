import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/base/clock.js';
import { FolderLock } from '../../src/stores/lock.js';
import type { SqliteConnectionOptions } from '../../src/stores/sqlite-connection.js';
import { SqliteDatabase } from '../../src/stores/sqlite-database.js';
import { type Connect, connectFile } from '../../src/stores/sqlite-file.js';
import { verify } from '../../src/stores/sqlite-pragmas.js';
import {
  APPLICATION_ID,
  FORMAT_VERSION,
  formatOf,
  MIGRATIONS,
  migrate,
} from '../../src/stores/sqlite-schema.js';
import type { Change, StorageError } from '../../src/stores/store.js';
import { makeFolder } from './sqlite-harness.js';

let home: ReturnType<typeof makeFolder>;
let clock: ManualClock;
let setAside: [string, string][];
const opened: SqliteDatabase[] = [];

beforeEach(() => {
  home = makeFolder();
  clock = new ManualClock();
  setAside = [];
});
afterEach(() => {
  for (const database of opened.splice(0)) database.close();
  home.remove();
});

function openDatabase(options: Partial<SqliteConnectionOptions> = {}): SqliteDatabase {
  const database = new SqliteDatabase({
    path: home.path,
    clock,
    onQuarantined: (path, newPath) => setAside.push([path, newPath]),
    ...options,
  });
  opened.push(database);
  return database;
}

function put(key: string, value = '1'): Change[] {
  return [{ put: { kind: 'cell', key, value } }];
}

function failureOf(work: () => unknown): string {
  try {
    work();
  } catch (cause) {
    return (cause as StorageError).failure;
  }
  return 'none';
}

function keys(database: SqliteDatabase, namespace = 'a'): string[] {
  return database
    .load(namespace)
    .map((row) => row.key)
    .sort();
}

/** A database with one row, closed. */
function writeDatabase(): void {
  const database = openDatabase();
  database.commit('a', put('old'));
  database.close();
}

function sqliteError(code: string): Error {
  return new BetterSqlite3.SqliteError('injected', code);
}

/** Connections that fail with the code that is set, when they are opened or when they begin a transaction. */
class FaultyDisk {
  whenOpened: string | undefined;
  whenWriting: string | undefined;
  whenReading: string | undefined;
  opened = 0;

  readonly connect: Connect = (path, options) => {
    this.opened += 1;
    if (this.whenOpened && !options.readonly) throw sqliteError(this.whenOpened);
    const database = connectFile(path, options);
    const fault = () => this.whenWriting;
    const transaction = database.transaction.bind(database);
    database.transaction = ((work: () => void) => {
      return transaction((() => {
        work();
        if (fault()) throw sqliteError(fault()!);
      }) as never);
    }) as typeof database.transaction;
    const prepare = database.prepare.bind(database);
    database.prepare = ((source: string) => {
      const statement = prepare(source);
      const all = statement.all.bind(statement);
      statement.all = (...values: unknown[]) => {
        if (this.whenReading) throw sqliteError(this.whenReading);
        return all(...values);
      };
      return statement;
    }) as typeof database.prepare;
    return database;
  };
}

describe('a healthy file', () => {
  it('is in write-ahead mode while it is open, and in one piece afterwards', () => {
    const database = openDatabase();
    database.commit('a', put('k'));
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
    const database = openDatabase({ sync, connect });
    database.commit('a', put('k'));
    database.close();
    expect(seen).toEqual([level]);
  });

  it('keeps its log short under many commits', () => {
    const database = openDatabase();
    for (let n = 0; n < 300; n += 1) database.commit('a', put('k', 'x'.repeat(50_000)));
    // A checkpoint every 1000 pages of 4 KiB lets the log start over.
    expect(statSync(`${home.path}-wal`).size).toBeLessThan(5 * 1024 * 1024);
  });

  it('uses an index for everything it is asked', () => {
    const database = openDatabase();
    database.commit('a', put('k'));
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
    writeDatabase();
    const newer = new BetterSqlite3(home.path);
    newer.pragma(`user_version = ${FORMAT_VERSION + 1}`);
    newer.close();
    const before = readFileSync(home.path);
    const database = openDatabase();
    expect(failureOf(() => database.open())).toBe('newer');
    expect(failureOf(() => database.commit('a', put('k')))).toBe('newer');
    expect(failureOf(() => database.load('a'))).toBe('newer');
    expect(readFileSync(home.path).equals(before)).toBe(true);
    expect(setAside).toEqual([]);
  });

  it('sees a newer format that is still in the log only', () => {
    writeDatabase();
    const newer = new BetterSqlite3(home.path);
    newer.pragma('journal_mode = WAL');
    newer.pragma(`user_version = ${FORMAT_VERSION + 1}`);
    const copy = join(home.folder, 'copy.sqlite');
    for (const suffix of ['', '-wal']) copyFileSync(home.path + suffix, copy + suffix);
    newer.close();
    const before = [readFileSync(copy), readFileSync(`${copy}-wal`)];
    expect(failureOf(() => openDatabase({ path: copy }).open())).toBe('newer');
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
    expect(database.pragma('application_id', { simple: true })).toBe(APPLICATION_ID);
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
    const database = openDatabase();
    expect(database.load('a')).toEqual([
      { kind: 'cell', key: 'k', value: '"v"', group: 'g', expiresAt: 5.5 },
    ]);
    expect(database.usage('a').bytes.cell).toBe(3);
    expect(MIGRATIONS).toHaveLength(FORMAT_VERSION);
  });
});

describe('damage', () => {
  const damages: [string, () => void][] = [
    ['garbled from the first byte', () => writeFileSync(home.path, Buffer.alloc(40_000, 7))],
    ['empty', () => truncateSync(home.path, 0)],
    ['shorter than a header', () => truncateSync(home.path, 50)],
    ['cut in the middle', () => truncateSync(home.path, 8192)],
    ['gone while its log is there', () => renameSync(home.path, `${home.path}-wal`)],
    [
      'of another program',
      () => {
        rmSync(home.path);
        const foreign = new BetterSqlite3(home.path);
        foreign.exec('CREATE TABLE theirs (a)');
        foreign.close();
      },
    ],
    [
      'without our tables',
      () => {
        const bare = new BetterSqlite3(home.path);
        bare.exec('DROP TABLE rows');
        bare.close();
      },
    ],
    [
      'garbled where nobody looks when it is opened',
      () => {
        const database = new BetterSqlite3(home.path);
        const insert = database.prepare(
          `INSERT INTO rows (namespace, kind, key, value, bytes) VALUES ('b', 'cell', ?, ?, 3000)`,
        );
        for (let n = 0; n < 100; n += 1) insert.run(`k${n}`, 'x'.repeat(3000));
        database.close();
        const bytes = readFileSync(home.path);
        bytes.fill(0xee, bytes.length - 20 * 4096, bytes.length - 10 * 4096);
        writeFileSync(home.path, bytes);
      },
    ],
    [
      'garbled inside',
      () => {
        const bytes = readFileSync(home.path);
        bytes.fill(0xee, 4096);
        writeFileSync(home.path, bytes);
      },
    ],
  ];

  it.each(damages)('sets a file aside that is %s, keeps it, reports it and starts anew', (what, damage) => {
    writeDatabase();
    damage();
    const beforePaths = readdirSync(home.folder);
    const before = beforePaths.map((name) => readFileSync(join(home.folder, name)));
    const database = openDatabase();
    expect(database.open()).toBeUndefined();
    expect(keys(database)).toEqual([]);
    database.commit('a', put('new'));
    expect(keys(database)).toEqual(['new']);

    expect(setAside).toHaveLength(1);
    const [path, newPath] = setAside[0]!;
    expect(path).toBe(home.path);
    expect(newPath).toMatch(/\.damaged-2023-11-14T22-13-20-000Z$/);
    const kept = beforePaths.map((name) => readFileSync(join(home.folder, name).replace(home.path, newPath)));
    if (['garbled from the first byte', 'empty', 'gone while its log is there'].includes(what))
      expect(kept).toEqual(before);
    expect(kept.map((bytes) => bytes.length > 0)).toEqual(before.map((bytes) => bytes.length > 0));
  });

  it('tells also of a file too large to be read through that it was cut short', () => {
    writeDatabase();
    truncateSync(home.path, statSync(home.path).size - 4096);
    const database = new BetterSqlite3(home.path);
    expect(() => verify(database, home.path, 0)).toThrow('malformed');
    database.close();
    rmSync(home.path);
    writeDatabase();
    const whole = new BetterSqlite3(home.path);
    verify(whole, home.path, 0);
    whole.close();
  });

  it('gives each file that is set aside a name of its own', () => {
    for (let n = 0; n < 3; n += 1) {
      writeFileSync(home.path, `garbage ${n}`);
      const database = openDatabase();
      database.open();
      database.close();
    }
    const texts = setAside.map(([, newPath]) => readFileSync(newPath, 'utf8'));
    expect(texts).toEqual(['garbage 0', 'garbage 1', 'garbage 2']);
  });

  it('sets a file aside that turns out to be damaged while it is used, and goes on', () => {
    const disk = new FaultyDisk();
    const database = openDatabase({ connect: disk.connect });
    database.commit('a', put('old'));
    disk.whenReading = 'SQLITE_CORRUPT_INDEX';
    expect(failureOf(() => database.load('a'))).toBe('damaged');
    disk.whenReading = undefined;
    expect(setAside).toHaveLength(1);
    expect(keys(database)).toEqual([]);
    database.commit('a', put('new'));
    expect(keys(database)).toEqual(['new']);
    const old = new BetterSqlite3(setAside[0]![1], { readonly: true });
    expect(old.prepare('SELECT key FROM rows').pluck().all()).toEqual(['old']);
    old.close();
  });

  it('leaves nothing behind where it was told to be when its creation was interrupted', () => {
    writeFileSync(`${home.path}.new`, 'half a database');
    writeFileSync(`${home.path}.new-journal`, 'its journal');
    const database = openDatabase();
    database.commit('a', put('k'));
    database.close();
    expect(readdirSync(home.folder)).toEqual([basename(home.path)]);
    expect(setAside).toEqual([]);
  });
});

describe('a failing disk', () => {
  it('changes nothing when it is full, and takes writes again when there is room', () => {
    const database = openDatabase({ maxPages: 40 });
    const filler = 'x'.repeat(20_000);
    let written = 0;
    while (failureOf(() => database.commit('a', put(`k${written}`, filler))) === 'none') written += 1;
    expect(written).toBeGreaterThan(2);
    const usage = database.usage('a');
    const changes: Change[] = [
      ...put('small'),
      { remove: { kind: 'cell', key: 'k0' } },
      ...put('k1', filler.repeat(4)),
    ];
    expect(failureOf(() => database.commit('a', changes))).toBe('full');
    expect(database.usage('a')).toEqual(usage);
    expect(keys(database)).toHaveLength(written);

    database.commit('a', [{ remove: { kind: 'cell', key: 'k0' } }]);
    database.commit('a', put('again', filler));
    expect(keys(database)).toContain('again');
    const reader = new BetterSqlite3(home.path, { readonly: true });
    expect(reader.pragma('integrity_check', { simple: true })).toBe('ok');
    reader.close();
  });

  it('does not fail the start when there is no way to the folder, and works once there is', () => {
    const folder = join(home.folder, 'data');
    symlinkSync(join(home.folder, 'file', 'below'), folder);
    writeFileSync(join(home.folder, 'file'), '');
    const lock = new FolderLock(folder);
    const database = openDatabase({ path: join(folder, 'db.sqlite'), lock });
    expect(database.open()?.failure).toBe('io');
    expect(failureOf(() => database.load('a'))).toBe('io');
    expect(failureOf(() => database.commit('a', put('k')))).toBe('io');
    rmSync(folder);
    clock.advance(10_000);
    database.commit('a', put('k'));
    expect(keys(database)).toEqual(['k']);
    expect(lock.isHeld).toBe(true);
    database.close();
    expect(lock.isHeld).toBe(false);
  });

  it.each([
    ['SQLITE_READONLY', 'read-only'],
    ['SQLITE_FULL', 'full'],
    ['SQLITE_IOERR_SHMSIZE', 'io'],
    ['SQLITE_CANTOPEN', 'io'],
  ])('still reads what it can while it cannot be opened for writing: %s', (code, failure) => {
    writeDatabase();
    const disk = new FaultyDisk();
    disk.whenOpened = code;
    const database = openDatabase({ connect: disk.connect });
    expect(database.open()?.failure).toBe(failure);
    expect(keys(database)).toEqual(['old']);
    expect(failureOf(() => database.commit('a', put('new')))).toBe(failure);
    disk.whenOpened = undefined;
    clock.advance(10_000);
    database.commit('a', put('new'));
    expect(keys(database)).toEqual(['new', 'old']);
  });

  it.each(['SQLITE_READONLY', 'SQLITE_IOERR_WRITE', 'SQLITE_IOERR_FSYNC', 'SQLITE_NOMEM'])(
    'rolls back, goes on reading and connects anew after %s',
    (code) => {
      const disk = new FaultyDisk();
      const database = openDatabase({ connect: disk.connect });
      database.commit('a', put('old'));
      disk.whenWriting = code;
      expect(failureOf(() => database.commit('a', put('lost')))).not.toBe('none');
      expect(keys(database)).toEqual(['old']);
      const openedBefore = disk.opened;
      disk.whenWriting = undefined;
      clock.advance(100);
      database.commit('a', put('new'));
      expect(keys(database)).toEqual(['new', 'old']);
      expect(disk.opened).toBeGreaterThan(openedBefore);
      expect(setAside).toEqual([]);
    },
  );

  it('waits longer and longer before it tries again, up to two seconds', () => {
    const disk = new FaultyDisk();
    disk.whenOpened = 'SQLITE_IOERR';
    mkdirSync(home.folder, { recursive: true });
    const database = openDatabase({ connect: disk.connect });
    database.open();
    const waits = Array.from({ length: 7 }, () => {
      const tries = disk.opened;
      let waitedMs = 0;
      while (disk.opened === tries && waitedMs < 10_000) {
        clock.advance(100);
        waitedMs += 100;
        failureOf(() => database.commit('a', put('k')));
      }
      return waitedMs;
    });
    expect(waits).toEqual([100, 200, 400, 800, 1600, 2000, 2000]);
  });

  it('learns from a sweep that writing works again', () => {
    const disk = new FaultyDisk();
    const database = openDatabase({ connect: disk.connect });
    database.commit('a', put('k'));
    disk.whenWriting = 'SQLITE_FULL';
    expect(failureOf(() => database.commit('a', put('lost')))).toBe('full');
    disk.whenWriting = undefined;
    expect(database.sweep(0, 10)).toBe(0);
  });

  it('starts a new file when its own was taken away, and does not write to the old one', () => {
    const database = openDatabase();
    database.commit('a', put('old'));
    renameSync(home.path, `${home.path}.taken`);
    for (const suffix of ['-wal', '-shm']) renameSync(home.path + suffix, `${home.path}.taken${suffix}`);
    database.commit('a', put('new'));
    expect(keys(database)).toEqual(['new']);
    const taken = new BetterSqlite3(`${home.path}.taken`);
    expect(taken.prepare('SELECT key FROM rows').pluck().all()).toEqual(['old']);
    taken.close();
  });

  it('reports what is not a file of its kind at all', () => {
    mkdirSync(home.path);
    const database = openDatabase();
    expect(database.open()?.message).toContain('is a folder');
    expect(failureOf(() => database.load('a'))).toBe('io');
  });
});

it('refuses the start when another process owns the folder, and reads nothing', () => {
  const owner = new FolderLock(home.folder);
  owner.acquire();
  const database = openDatabase({ lock: new FolderLock(home.folder) });
  expect(failureOf(() => database.open())).toBe('locked');
  expect(failureOf(() => database.load('a'))).toBe('locked');
  expect(existsSync(home.path)).toBe(false);
  owner.release();
  clock.advance(100);
  expect(database.open()).toBeUndefined();
});
