import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FolderLock } from '../../src/stores/lock.js';
import type { Change } from '../../src/stores/store.js';
import { DatabaseHome, FaultyDisk, failureOf, keysOf, putCell } from './database-home.js';

let home: DatabaseHome;

beforeEach(() => {
  home = new DatabaseHome();
});
afterEach(() => home.remove());

describe('a failing disk', () => {
  it('changes nothing when it is full, and takes writes again when there is room', () => {
    const database = home.openDatabase({ maxPages: 40 });
    const filler = 'x'.repeat(20_000);
    let written = 0;
    while (failureOf(() => database.commit('a', putCell(`k${written}`, filler))) === 'none') written += 1;
    expect(written).toBeGreaterThan(2);
    const usage = database.usage('a');
    const changes: Change[] = [
      ...putCell('small'),
      { remove: { kind: 'cell', key: 'k0' } },
      ...putCell('k1', filler.repeat(4)),
    ];
    expect(failureOf(() => database.commit('a', changes))).toBe('full');
    expect(database.usage('a')).toEqual(usage);
    expect(keysOf(database)).toHaveLength(written);

    database.commit('a', [{ remove: { kind: 'cell', key: 'k0' } }]);
    database.commit('a', putCell('again', filler));
    expect(keysOf(database)).toContain('again');
    const reader = new BetterSqlite3(home.path, { readonly: true });
    expect(reader.pragma('integrity_check', { simple: true })).toBe('ok');
    reader.close();
  });

  it('does not fail the start when there is no way to the folder, and works once there is', () => {
    const folder = join(home.folder, 'data');
    symlinkSync(join(home.folder, 'file', 'below'), folder);
    writeFileSync(join(home.folder, 'file'), '');
    const lock = new FolderLock(folder);
    const database = home.openDatabase({ path: join(folder, 'db.sqlite'), lock });
    expect(database.open()?.failure).toBe('io');
    expect(failureOf(() => database.load('a'))).toBe('io');
    expect(failureOf(() => database.commit('a', putCell('k')))).toBe('io');
    rmSync(folder);
    home.clock.advance(10_000);
    database.commit('a', putCell('k'));
    expect(keysOf(database)).toEqual(['k']);
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
    home.writeDatabase();
    const disk = new FaultyDisk();
    disk.whenOpened = code;
    const database = home.openDatabase({ connect: disk.connect });
    expect(database.open()?.failure).toBe(failure);
    expect(keysOf(database)).toEqual(['old']);
    expect(failureOf(() => database.commit('a', putCell('new')))).toBe(failure);
    disk.whenOpened = undefined;
    home.clock.advance(10_000);
    database.commit('a', putCell('new'));
    expect(keysOf(database)).toEqual(['new', 'old']);
  });

  it.each(['SQLITE_READONLY', 'SQLITE_IOERR_WRITE', 'SQLITE_IOERR_FSYNC', 'SQLITE_NOMEM'])(
    'rolls back, goes on reading and connects anew after %s',
    (code) => {
      const disk = new FaultyDisk();
      const database = home.openDatabase({ connect: disk.connect });
      database.commit('a', putCell('old'));
      disk.whenWriting = code;
      expect(failureOf(() => database.commit('a', putCell('lost')))).not.toBe('none');
      expect(keysOf(database)).toEqual(['old']);
      const openedBefore = disk.opened;
      disk.whenWriting = undefined;
      home.clock.advance(100);
      database.commit('a', putCell('new'));
      expect(keysOf(database)).toEqual(['new', 'old']);
      expect(disk.opened).toBeGreaterThan(openedBefore);
      expect(home.setAside).toEqual([]);
    },
  );

  it('waits longer and longer before it tries again, up to two seconds', () => {
    const disk = new FaultyDisk();
    disk.whenOpened = 'SQLITE_IOERR';
    mkdirSync(home.folder, { recursive: true });
    const database = home.openDatabase({ connect: disk.connect });
    database.open();
    const waits = Array.from({ length: 7 }, () => {
      const tries = disk.opened;
      let waitedMs = 0;
      while (disk.opened === tries && waitedMs < 10_000) {
        home.clock.advance(100);
        waitedMs += 100;
        failureOf(() => database.commit('a', putCell('k')));
      }
      return waitedMs;
    });
    expect(waits).toEqual([100, 200, 400, 800, 1600, 2000, 2000]);
  });

  it('learns from a sweep that writing works again', () => {
    const disk = new FaultyDisk();
    const database = home.openDatabase({ connect: disk.connect });
    database.commit('a', putCell('k'));
    disk.whenWriting = 'SQLITE_FULL';
    expect(failureOf(() => database.commit('a', putCell('lost')))).toBe('full');
    disk.whenWriting = undefined;
    expect(database.sweep(0, 10)).toEqual({ removed: 0, more: false });
  });

  it('starts a new file when its own was taken away, and does not write to the old one', () => {
    const database = home.openDatabase();
    database.commit('a', putCell('old'));
    renameSync(home.path, `${home.path}.taken`);
    for (const suffix of ['-wal', '-shm']) renameSync(home.path + suffix, `${home.path}.taken${suffix}`);
    database.commit('a', putCell('new'));
    expect(keysOf(database)).toEqual(['new']);
    const taken = new BetterSqlite3(`${home.path}.taken`);
    expect(taken.prepare('SELECT key FROM rows').pluck().all()).toEqual(['old']);
    taken.close();
  });

  it('reports what is not a file of its kind at all', () => {
    mkdirSync(home.path);
    const database = home.openDatabase();
    expect(database.open()?.message).toContain('is a folder');
    expect(failureOf(() => database.load('a'))).toBe('io');
  });
});
