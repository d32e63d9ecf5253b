import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import BetterSqlite3 from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CacheFile } from '../../src/stores/cache-file.js';
import { CacheHome } from './cache-home.js';
import { FaultyDisk, failureOf } from './database-home.js';

const DAY_MS = 86_400_000;
const MIB = 1024 * 1024;

let home: CacheHome;
beforeEach(() => {
  home = new CacheHome();
});
afterEach(() => home.remove());

function entries(count: number, bytes: number, namespace = 'a') {
  return Array.from({ length: count }, (_, index) => entry(`key ${index}`, bytes, namespace));
}

/** With a value of its own that shows its key. */
function entry(key: string, bytes: number, namespace = 'a') {
  return { namespace, key, value: new Uint8Array(Buffer.alloc(bytes, `${namespace} ${key}. `)) };
}

function kept(file: CacheFile, keys: readonly string[], namespace = 'a'): string[] {
  const found = file.getMany(namespace, keys);
  return keys.filter((_, index) => found[index] !== undefined);
}

describe('a file that cannot be used', () => {
  const put = (file: CacheFile) => file.put([entry('k', 10)]);
  const spoil: Record<string, () => void> = {
    'is no database': () => writeFileSync(home.path, 'garbage'.repeat(1000)),
    'is another database': () => new BetterSqlite3(home.path).exec('CREATE TABLE entries (x)').close(),
    'is of a newer format': () => {
      put(home.openFile());
      const database = new BetterSqlite3(home.path);
      database.pragma('user_version = 99');
      database.close();
    },
    'lacks a table': () => {
      put(home.openFile());
      new BetterSqlite3(home.path).exec('DROP TABLE entries').close();
    },
    'is cut off': () => {
      const file = home.openFile();
      file.put(entries(100, 1000));
      file.close();
      writeFileSync(home.path, readFileSync(home.path).subarray(0, 20_000));
    },
  };

  it.each(Object.keys(spoil))('is set aside, and a new one begun: it %s', (how) => {
    spoil[how]!();
    const file = home.openFile();
    expect(kept(file, ['k', 'key 1'])).toEqual([]);
    put(file);
    expect(kept(file, ['k'])).toEqual(['k']);
    expect(home.setAside).toHaveLength(1);
    expect(readdirSync(home.folder)).toContain(home.setAside[0]!.split('/').at(-1));
  });

  it('takes the place of the one that was set aside before', () => {
    for (let n = 0; n < 3; n++) {
      spoil['is no database']!();
      const file = home.openFile();
      put(file);
      file.close();
      home.clock.advance(1000);
    }
    expect(readdirSync(home.folder).filter((name) => name.includes('.damaged-'))).toHaveLength(1);
    expect(home.setAside).toHaveLength(3);
  });

  it('is none where it is empty', () => {
    writeFileSync(home.path, '');
    put(home.openFile());
    expect(home.setAside).toEqual([]);
  });
});

describe('damage', () => {
  it('costs entries and gives no wrong one, wherever it is', () => {
    const all = entries(60, 700);
    const keys = all.map(({ key }) => key);
    const file = home.openFile();
    file.put(all);
    file.close();
    const whole = readFileSync(home.path);
    const place = fc.nat({ max: whole.length - 1 });
    let lost = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(place, fc.uint8Array({ minLength: 1, maxLength: 40 })), { minLength: 1 }),
        (hits) => {
          const damaged = Uint8Array.from(whole);
          for (const [at, bytes] of hits) damaged.set(bytes.subarray(0, damaged.length - at), at);
          for (const name of readdirSync(home.folder)) rmSync(`${home.folder}/${name}`);
          writeFileSync(home.path, damaged);
          const reopened = home.openFile();
          const found = reopened.getMany('a', keys);
          for (const [index, value] of found.entries()) {
            if (value === undefined) lost += 1;
            else expect(Buffer.compare(value, all[index]!.value)).toBe(0);
          }
          // Whatever it was, from the next damage that is met on there is a whole file.
          expect(['none', 'damaged']).toContain(failureOf(() => reopened.put(entries(60, 700))));
          const again = reopened.getMany('a', keys);
          for (const [index, value] of again.entries()) {
            if (value) expect(Buffer.compare(value, all[index]!.value)).toBe(0);
          }
          reopened.close();
        },
      ),
      { numRuns: 60 },
    );
    expect(lost).toBeGreaterThan(50);
  });

  it('that gives an entry another’s value is seen', () => {
    const file = home.openFile();
    file.put([entry('x', 100), entry('y', 100), entry('x', 100, 'b')]);
    file.close();
    const database = new BetterSqlite3(home.path);
    database.exec(
      `UPDATE entries SET (value, checksum) = (SELECT value, checksum FROM entries WHERE key = 'y')
      WHERE key = 'x' AND namespace = 'a';
      UPDATE entries SET namespace = 'c' WHERE namespace = 'b'`,
    );
    database.close();
    const reopened = home.openFile();
    expect(kept(reopened, ['x', 'y'])).toEqual(['y']);
    expect(kept(reopened, ['x'], 'c')).toEqual([]);
  });

  it('that would keep an entry longer is seen', () => {
    const file = home.openFile();
    file.put([{ ...entry('x', 10), expiresAt: home.clock.now() + 1000 }]);
    expect(kept(file, ['x'])).toEqual(['x']);
    file.close();
    const database = new BetterSqlite3(home.path);
    database.exec('UPDATE entries SET expires_at = NULL');
    database.close();
    expect(kept(home.openFile(), ['x'])).toEqual([]);
  });
});

describe('a failing disk', () => {
  it('that is full takes no more and still gives, until there is room', () => {
    const disk = new FaultyDisk();
    const file = home.openFile({ connect: disk.connect });
    file.put([entry('old', 10)]);
    disk.whenWriting = 'SQLITE_FULL';
    expect(failureOf(() => file.put([entry('lost', 10)]))).toBe('full');
    expect(kept(file, ['old', 'lost'])).toEqual(['old']);
    disk.whenWriting = undefined;
    file.put([entry('new', 10)]);
    expect(kept(file, ['old', 'lost', 'new'])).toEqual(['old', 'new']);
    expect(home.setAside).toEqual([]);
  });

  it.each([
    ['SQLITE_CANTOPEN', 'io'],
    ['SQLITE_READONLY', 'read-only'],
    ['SQLITE_IOERR_SHMOPEN', 'io'],
  ])('that cannot be opened is left alone for a while, then tried again: %s', (code, failure) => {
    const disk = new FaultyDisk();
    disk.whenOpened = code;
    const file = home.openFile({ connect: disk.connect });
    for (let n = 0; n < 5; n++) expect(failureOf(() => file.put([entry('lost', 10)]))).toBe(failure);
    expect(disk.opened).toBe(1);
    disk.whenOpened = undefined;
    expect(failureOf(() => file.getMany('a', ['k']))).toBe(failure);
    home.clock.advance(100);
    file.put([entry('k', 10)]);
    expect(kept(file, ['k'])).toEqual(['k']);
  });

  it('that failed in the midst is connected anew, and has what was written', () => {
    const disk = new FaultyDisk();
    const file = home.openFile({ connect: disk.connect });
    file.put([entry('old', 10)]);
    disk.whenWriting = 'SQLITE_IOERR_WRITE';
    expect(failureOf(() => file.put([entry('lost', 10)]))).toBe('io');
    disk.whenWriting = undefined;
    home.clock.advance(100);
    expect(kept(file, ['old', 'lost'])).toEqual(['old']);
  });

  it('with a folder in its place is told', () => {
    mkdirSync(home.path);
    const file = home.openFile();
    expect(failureOf(() => file.put([entry('k', 10)]))).toBe('io');
    rmSync(home.path, { recursive: true });
    home.clock.advance(100);
    file.put([entry('k', 10)]);
  });

  it('on which the file was taken away gets a new one', () => {
    const file = home.openFile();
    file.put([entry('old', 10)]);
    renameSync(home.path, `${home.path}.taken`);
    expect(kept(file, ['old'])).toEqual([]);
    file.put([entry('new', 10)]);
    expect(kept(home.openFile(), ['old', 'new'])).toEqual(['new']);
  });
});

describe('room', () => {
  const wait = (file: CacheFile) => {
    while (file.idle());
  };

  it('is made by what was not used for days', () => {
    const file = home.openFile({ maxBytes: MIB });
    const keys = entries(50, 10_000).map(({ key }) => key);
    file.put(entries(50, 10_000));
    home.clock.advance(DAY_MS);
    const used = keys.slice(0, 20);
    file.getMany('a', used);
    wait(file);
    home.clock.advance(DAY_MS);
    file.put(entries(60, 10_000, 'b'));
    const found = kept(file, keys);
    expect(found).toEqual(expect.arrayContaining(used));
    expect(found).not.toContain('key 20');
  });

  it('is given back to the disk by a drop', () => {
    const file = home.openFile();
    file.put(entries(1000, 10_000));
    file.put(entries(10, 10_000, 'b'));
    wait(file);
    file.removeSome('a', '', ['a', ''], 10_000);
    wait(file);
    file.close();
    expect(statSync(home.path).size).toBeLessThan(2 * MIB);
    expect(
      kept(
        home.openFile(),
        entries(10, 1).map(({ key }) => key),
        'b',
      ),
    ).toHaveLength(10);
  });

  it('is made where the bound was lowered, a little at a time', () => {
    const file = home.openFile();
    file.put(entries(3000, 2_000));
    file.close();
    const smaller = home.openFile({ maxBytes: MIB });
    expect(smaller.open()).toBeGreaterThan(5 * MIB);
    expect(smaller.idle()).toBe(true);
    expect(smaller.open()).toBeGreaterThan(MIB);
    wait(smaller);
    expect(smaller.open()).toBeLessThanOrEqual(MIB);
    smaller.close();
    expect(statSync(home.path).size).toBeLessThan(3 * MIB);
  });

  it('is not looked for without end where the bound is below that of an empty file', () => {
    const file = home.openFile({ maxBytes: 1 });
    file.put(entries(100, 1000));
    wait(file);
    expect(
      kept(
        file,
        entries(100, 1).map(({ key }) => key),
      ),
    ).toEqual([]);
  });
});
