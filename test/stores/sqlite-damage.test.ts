import {
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verify } from '../../src/stores/sqlite-pragmas.js';
import { STATE } from '../../src/stores/sqlite-schema.js';
import { DatabaseHome, FaultyDisk, failureOf, keysOf, putCell } from './database-home.js';

let home: DatabaseHome;

beforeEach(() => {
  home = new DatabaseHome();
});
afterEach(() => home.remove());

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

  it.each(damages)(
    'sets a file aside that is %s, keeps it, reports it and goes on with what is whole',
    (what, damage) => {
      home.writeDatabase();
      damage();
      const beforePaths = readdirSync(home.folder);
      const before = beforePaths.map((name) => readFileSync(join(home.folder, name)));
      const database = home.openDatabase();
      expect(database.open()).toBeUndefined();
      const hasHundred = what === 'garbled where nobody looks when it is opened';
      const rest = hasHundred || what === 'cut in the middle' ? ['old'] : [];
      expect(keysOf(database)).toEqual(rest);
      database.commit('a', putCell('new'));
      expect(keysOf(database)).toEqual(['new', ...rest]);
      // Of the hundred other rows those of ten pages are lost, and what an index would have named of them.
      expect(home.kept[0]).toBeGreaterThanOrEqual(hasHundred ? 80 : rest.length);

      expect(home.setAside).toHaveLength(1);
      const [path, newPath] = home.setAside[0]!;
      expect(path).toBe(home.path);
      expect(newPath).toMatch(/\.damaged-2023-11-14T22-13-20-000Z$/);
      const kept = beforePaths.map((name) =>
        readFileSync(join(home.folder, name).replace(home.path, newPath)),
      );
      if (['garbled from the first byte', 'empty', 'gone while its log is there'].includes(what))
        expect(kept).toEqual(before);
      expect(kept.map((bytes) => bytes.length > 0)).toEqual(before.map((bytes) => bytes.length > 0));
    },
  );

  it('tells also of a file too large to be read through that it was cut short', () => {
    home.writeDatabase();
    truncateSync(home.path, statSync(home.path).size - 4096);
    const database = new BetterSqlite3(home.path);
    expect(() => verify(database, home.path, STATE, 0)).toThrow('malformed');
    database.close();
    rmSync(home.path);
    home.writeDatabase();
    const whole = new BetterSqlite3(home.path);
    verify(whole, home.path, STATE, 0);
    whole.close();
  });

  it('gives each file that is set aside a name of its own', () => {
    for (let n = 0; n < 3; n += 1) {
      writeFileSync(home.path, `garbage ${n}`);
      const database = home.openDatabase();
      database.open();
      database.close();
    }
    const texts = home.setAside.map(([, newPath]) => readFileSync(newPath, 'utf8'));
    expect(texts).toEqual(['garbage 0', 'garbage 1', 'garbage 2']);
  });

  it('sets a file aside that turns out to be damaged while it is used, and goes on', () => {
    const disk = new FaultyDisk();
    const database = home.openDatabase({ connect: disk.connect });
    database.commit('a', putCell('old'));
    disk.whenReading = 'SQLITE_CORRUPT_INDEX';
    expect(failureOf(() => database.load('a'))).toBe('damaged');
    disk.whenReading = undefined;
    expect(home.setAside).toHaveLength(1);
    expect(keysOf(database)).toEqual(['old']);
    database.commit('a', putCell('new'));
    expect(keysOf(database)).toEqual(['new', 'old']);
    const old = new BetterSqlite3(home.setAside[0]![1], { readonly: true });
    expect(old.prepare('SELECT key FROM rows').pluck().all()).toEqual(['old']);
    old.close();
  });

  it('leaves nothing behind where it was told to be when its creation was interrupted', () => {
    writeFileSync(`${home.path}.new`, 'half a database');
    writeFileSync(`${home.path}.new-journal`, 'its journal');
    const database = home.openDatabase();
    database.commit('a', putCell('k'));
    database.close();
    expect(readdirSync(home.folder)).toEqual([basename(home.path)]);
    expect(home.setAside).toEqual([]);
  });
});
