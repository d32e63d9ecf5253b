import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FolderLock, LOCK_FILE } from '../../src/stores/lock.js';
import { PROBE_FILE } from '../../src/stores/probe-folder.js';
import { type Connect, connectFile } from '../../src/stores/sqlite-file.js';
import { SqliteFilesReader } from '../../src/stores/sqlite-files-reader.js';
import { openSqliteReader } from '../../src/stores/sqlite-reader.js';
import { FORMAT_VERSION } from '../../src/stores/sqlite-schema.js';
import { StorageError, type StoreReader } from '../../src/stores/store.js';
import { failureOf, putCell } from './database-home.js';
import { CountedFiles, changeFormat, keysOf, SqliteFilesHome } from './sqlite-files-home.js';

let home: SqliteFilesHome;

beforeEach(() => {
  home = new SqliteFilesHome();
});
afterEach(() => home.remove());

describe('files', () => {
  it('are made by the first put, named after the namespace, and go with the last row', () => {
    const engine = home.open();
    expect(home.names()).toEqual([LOCK_FILE, 'neuralcache.pid']);
    engine.commit('a', [{ remove: { kind: 'cell', key: 'k' } }]);
    expect(existsSync(home.paths.pathOf('a'))).toBe(false);
    engine.commit('a', putCell('k'));
    engine.commit('A', putCell('k'));
    expect(home.names()).toEqual(expect.arrayContaining(['state.a.db', 'state.%41.db']));
    engine.drop('a');
    engine.commit('A', [{ remove: { kind: 'cell', key: 'k' } }]);
    while (engine.idle());
    expect(home.names()).toEqual([LOCK_FILE, 'neuralcache.pid']);
  });

  it('are looked for no further than their names until they are asked for', () => {
    home.keep('a', 'b');
    const files = new CountedFiles();
    const engine = home.open({ connect: files.connect });
    expect(engine.load('never there')).toEqual([]);
    expect(engine.namespaces()).toEqual(['a', 'b']);
    expect(files.most).toBe(0);
    expect(keysOf(engine, 'a')).toEqual(['old']);
    expect(files.open.size).toBe(1);
  });

  it('are open up to a bound, the least recently used being closed, and until they are released', () => {
    const files = new CountedFiles();
    const engine = home.open({ maxOpen: 3, connect: files.connect });
    for (let n = 0; n < 10; n += 1) engine.commit(`n${n}`, putCell('k'));
    expect(files.open.size).toBe(3);
    // While one is made, a draft of it is open as well.
    expect(files.most).toBeLessThanOrEqual(4);
    engine.load('n7');
    engine.commit('n0', putCell('l'));
    expect(home.names().filter((name) => name.endsWith('-wal'))).toEqual([
      'state.n0.db-wal',
      'state.n7.db-wal',
      'state.n9.db-wal',
    ]);
    for (const name of ['n0', 'n7', 'n9', 'never open']) engine.release(name);
    expect(files.open.size).toBe(0);
    expect(home.names().filter((name) => /-(wal|shm)$/.test(name))).toEqual([]);
    expect(keysOf(engine, 'n0')).toEqual(['k', 'l']);
  });

  it('that have no rows left after a crash are removed when there is time', () => {
    home.keep('a', 'b');
    const emptied = new BetterSqlite3(home.paths.pathOf('a'));
    emptied.exec('DELETE FROM rows; DELETE FROM totals');
    emptied.close();
    const engine = home.open();
    while (engine.idle());
    expect(engine.namespaces()).toEqual(['b']);
    expect(existsSync(home.paths.pathOf('a'))).toBe(false);
  });

  it('are seen although their first commit was reported as failed', () => {
    const connect: Connect = (path, options) => {
      const database = connectFile(path, options);
      const { transaction } = database;
      database.transaction = ((work: () => void) => {
        const run = transaction.call(database, work as never);
        const immediate = () => {
          run.immediate();
          throw new BetterSqlite3.SqliteError('injected', 'SQLITE_IOERR_FSYNC');
        };
        return path.endsWith('.new') ? run : { immediate };
      }) as never;
      return database;
    };
    const engine = home.open({ connect });
    expect(failureOf(() => engine.commit('a', putCell('k')))).toBe('io');
    expect(engine.namespaces()).toEqual(['a']);
    expect(keysOf(engine, 'a')).toEqual(['k']);
  });

  it('are not removed under rows that came meanwhile', () => {
    const engine = home.open();
    engine.commit('a', putCell('k'));
    engine.commit('a', [{ remove: { kind: 'cell', key: 'k' } }]);
    engine.commit('a', putCell('new'));
    while (engine.idle());
    expect(keysOf(engine, 'a')).toEqual(['new']);
  });
});

describe('over all files', () => {
  const bounds = { namespaceBytes: 1000, totalBytes: 30 };
  const impression = (key: string) => [{ put: { kind: 'impression' as const, key, value: 'x'.repeat(10) } }];

  it('the oldest impression goes first, also of files that were written before a restart', () => {
    const first = home.open({ impressions: bounds });
    for (const name of ['c', 'a', 'b']) first.commit(name, impression('1'));
    first.close();
    const second = home.open({ impressions: bounds, maxOpen: 1 });
    second.commit('a', impression('2'));
    second.commit('d', impression('1'));
    const left = ['a', 'b', 'c', 'd'].map((name) => second.usage(name).rows.impression);
    // c had the oldest, then a.
    expect(left).toEqual([1, 1, 0, 1]);
  });

  it('the order holds when the clock went back between two starts', () => {
    const first = home.open({ impressions: bounds });
    first.commit('a', impression('1'));
    first.close();
    home.clock.advance(-86_400_000);
    const second = home.open({ impressions: bounds });
    for (const name of ['b', 'c', 'd']) second.commit(name, impression('1'));
    expect(['a', 'b', 'c', 'd'].map((name) => second.usage(name).rows.impression)).toEqual([0, 1, 1, 1]);
  });

  it('a sweep opens only files that have something to remove, slice by slice', () => {
    const writer = home.open();
    for (let n = 0; n < 6; n += 1) {
      const expiresAt = n % 2 === 0 ? 5 : 50;
      writer.commit(`n${n}`, [{ put: { kind: 'used', key: 'k', value: '1', expiresAt } }]);
    }
    writer.close();
    const files = new CountedFiles();
    const engine = home.open({ connect: files.connect });
    expect(engine.sweep(4, 10)).toEqual({ removed: 0, more: false });
    expect(files.most).toBe(0);
    expect(engine.sweep(5, 2)).toEqual({ removed: 2, more: true });
    expect(engine.sweep(5, 2)).toEqual({ removed: 1, more: false });
    while (engine.idle());
    expect(engine.namespaces()).toEqual(['n1', 'n3', 'n5']);
  });
});

describe('the folder', () => {
  it('that cannot be owned is read all the same, and written once it can', () => {
    home.keep('a');
    let problem: StorageError | undefined = new StorageError('read-only', 'the disk is read-only');
    class Refusing extends FolderLock {
      override acquire(): boolean {
        if (problem) throw problem;
        return super.acquire();
      }
    }
    const engine = home.engine({ lock: new Refusing(home.folder) });
    expect(engine.open()).toBe(problem);
    expect(keysOf(engine, 'a')).toEqual(['old']);
    expect(engine.namespaces()).toEqual(['a']);
    const writes = [
      () => engine.commit('a', putCell('k')),
      () => engine.commit('new', putCell('k')),
      () => engine.drop('a'),
      () => engine.sweep(0, 1),
    ];
    expect(writes.map(failureOf)).toEqual(writes.map(() => 'read-only'));
    problem = undefined;
    home.clock.advance(2_000);
    engine.commit('a', putCell('k'));
    expect(keysOf(engine, 'a')).toEqual(['k', 'old']);
    expect(home.replaced).toEqual([]);
  });

  it('of another process is refused', () => {
    const owner = new FolderLock(home.folder);
    owner.acquire();
    const engine = home.engine();
    expect(failureOf(() => engine.open())).toBe('locked');
    expect(failureOf(() => engine.load('a'))).toBe('locked');
    owner.release();
    expect(engine.open()).toBeUndefined();
  });

  it('that was replaced by another is read anew, which is told', () => {
    home.keep('a');
    const engine = home.open();
    engine.commit('b', putCell('k'));
    renameSync(home.folder, `${home.folder}.away`);
    mkdirSync(home.folder);
    expect(engine.namespaces()).toEqual([]);
    expect(engine.load('b')).toEqual([]);
    expect(home.replaced).toEqual([null]);
    engine.commit('c', putCell('k'));
    engine.close();
    rmSync(home.folder, { recursive: true });
    renameSync(`${home.folder}.away`, home.folder);
    expect(home.open().namespaces()).toEqual(['a', 'b']);
  });

  it('that is gone hides nothing: what was not known to be there is not said to be empty', () => {
    const engine = home.open();
    engine.commit('a', putCell('k'));
    renameSync(home.folder, `${home.folder}.away`);
    writeFileSync(home.folder, 'a file where a folder should be');
    for (const name of ['a', 'new']) expect(failureOf(() => engine.load(name))).toBe('io');
    rmSync(home.folder);
    renameSync(`${home.folder}.away`, home.folder);
    home.clock.advance(2_000);
    expect(keysOf(engine, 'a')).toEqual(['k']);
    expect(engine.load('new')).toEqual([]);
  });

  it('is told to take writes again by a sweep, and only when it does', () => {
    let code: string | undefined;
    const connect: Connect = (path, options) => {
      if (code && !options.readonly) throw new BetterSqlite3.SqliteError('injected', code);
      return connectFile(path, options);
    };
    const engine = home.open({ connect });
    code = 'SQLITE_FULL';
    expect(failureOf(() => engine.commit('a', putCell('k')))).toBe('full');
    mkdirSync(join(home.folder, PROBE_FILE));
    expect(failureOf(() => engine.sweep(0, 10))).toBe('io');
    rmSync(join(home.folder, PROBE_FILE), { recursive: true });
    expect(engine.sweep(0, 10)).toEqual({ removed: 0, more: false });
  });

  it('and its own files are, before a namespace counts as mended', () => {
    let failing = '';
    const connect: Connect = (path, options) => {
      if (path === failing && !options.readonly)
        throw new BetterSqlite3.SqliteError('injected', 'SQLITE_FULL');
      return connectFile(path, options);
    };
    home.keep('a');
    const engine = home.open({ connect });
    failing = home.paths.pathOf('a');
    expect(failureOf(() => engine.commit('a', putCell('k')))).toBe('full');
    for (const name of ['b', 'c']) {
      engine.commit(name, putCell('k'));
      home.clock.advance(5_000);
      expect(failureOf(() => engine.sweep(0, 10))).toBe('full');
    }
    failing = '';
    home.clock.advance(5_000);
    expect(engine.sweep(0, 10)).toEqual({ removed: 0, more: false });
  });

  it('one file too many closes others and is opened then', () => {
    home.keep('a', 'b', 'c', 'd', 'e');
    const files = new CountedFiles();
    files.limit = 3;
    const engine = home.open({ connect: files.connect });
    for (const name of ['a', 'b', 'c', 'd', 'e', 'a']) {
      expect(keysOf(engine, name)).toEqual(['old']);
      engine.commit(name, putCell('old'));
    }
    expect(files.most).toBe(3);
    files.limit = 0;
    expect(failureOf(() => engine.load('b'))).toBe('io');
  });
});

describe('the reader beside a server', () => {
  async function read(reader: StoreReader): Promise<unknown> {
    const answer = [
      await reader.namespaces(),
      (await reader.load('a')).map((row) => row.key),
      (await reader.scan('a', 0, 10)).rows.length,
      await reader.get('b', 'cell', 'old'),
      (await reader.usage('none')).rows.cell,
    ];
    await reader.close();
    return answer;
  }

  it('reads every file and makes and changes none', async () => {
    home.keep('a', 'b');
    const before = [home.names(), home.bytes('a', 'b')];
    const row = { kind: 'cell', key: 'old', value: '"b"' };
    expect(await read(new SqliteFilesReader(home.paths))).toEqual([['a', 'b'], ['old'], 1, row, 0]);
    expect([home.names(), home.bytes('a', 'b')]).toEqual(before);
  });

  it('sees what was committed meanwhile, and refuses one file without the others', async () => {
    home.keep('a', 'b', 'c');
    changeFormat(home.paths.pathOf('c'), FORMAT_VERSION + 1);
    const engine = home.open();
    const reader = new SqliteFilesReader(home.paths);
    engine.commit('a', putCell('new'));
    expect((await reader.scan('a', 0, 10)).rows.map((row) => row.key)).toEqual(['old', 'new']);
    await expect(reader.load('c')).rejects.toMatchObject({ failure: 'newer' });
    expect(await reader.load('b')).toHaveLength(1);
    engine.drop('b');
    expect(await reader.namespaces()).toEqual(['a', 'c']);
    await reader.close();
    await expect(reader.load('a')).rejects.toMatchObject({ failure: 'closed' });
  });

  it('does not stand in the way of a file that is removed', async () => {
    const engine = home.open();
    engine.commit('a', putCell('k'));
    const reader = openSqliteReader(home.paths.pathOf('a'));
    expect(await reader.load('a')).toHaveLength(1);
    engine.drop('a');
    expect(engine.namespaces()).toEqual([]);
    expect(engine.load('a')).toEqual([]);
    engine.commit('a', putCell('new'));
    await reader.close();
    engine.close();
    expect(home.setAside).toEqual([]);
    expect(keysOf(home.open(), 'a')).toEqual(['new']);
  });
});
