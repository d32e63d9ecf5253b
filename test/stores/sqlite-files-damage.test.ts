import { copyFileSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FORMAT_VERSION } from '../../src/stores/sqlite-schema.js';
import { FaultyDisk, failureOf, putCell } from './database-home.js';
import { changeFormat, keysOf, SqliteFilesHome } from './sqlite-files-home.js';

let home: SqliteFilesHome;

beforeEach(() => {
  home = new SqliteFilesHome();
});
afterEach(() => home.remove());

describe('what happens to one file', () => {
  const damages: [string, (path: string) => void][] = [
    ['garbled from the first byte', (path) => writeFileSync(path, Buffer.alloc(40_000, 7))],
    ['empty', (path) => truncateSync(path, 0)],
    ['shorter than a header', (path) => truncateSync(path, 50)],
    ['cut in the middle', (path) => truncateSync(path, 8192)],
    [
      'garbled inside',
      (path) => {
        const bytes = readFileSync(path);
        bytes.fill(0xee, 4096);
        writeFileSync(path, bytes);
      },
    ],
    [
      'of another program',
      (path) => {
        rmSync(path);
        const foreign = new BetterSqlite3(path);
        foreign.exec('CREATE TABLE theirs (a)');
        foreign.close();
      },
    ],
    ["another namespace's", (path) => copyFileSync(home.paths.pathOf('other'), path)],
  ];

  it.each(damages)('that is %s stays its own: set aside, and the others as they were', (what, damage) => {
    home.keep('a', 'other', 'b');
    damage(home.paths.pathOf('a'));
    const damaged = home.bytes('a')[0]!;
    const others = home.bytes('other', 'b');
    const engine = home.open();
    const rest = what === 'cut in the middle' ? ['old'] : [];
    expect([keysOf(engine, 'a'), home.kept]).toEqual([rest, [rest.length]]);
    engine.commit('a', putCell('new'));
    expect(keysOf(engine, 'a')).toEqual(['new', ...rest]);
    expect(home.bytes('other', 'b')).toEqual(others);
    expect([keysOf(engine, 'other'), keysOf(engine, 'b')]).toEqual([['old'], ['old']]);
    engine.close();

    const [[namespace, path, newPath] = []] = home.setAside;
    expect([home.setAside.length, namespace, path]).toEqual([1, 'a', home.paths.pathOf('a')]);
    expect(readFileSync(newPath!, 'latin1').length).toBe(damaged.length);
    expect(home.replaced).toEqual(['a']);
    expect(home.open().namespaces()).toEqual(['a', 'b', 'other']);
  });

  it.each(['read alone so far', 'written to'])('that turns out to be damaged while it is used, %s', (use) => {
    home.keep('a', 'b');
    const disk = new FaultyDisk();
    const engine = home.open({ connect: disk.connect });
    expect([keysOf(engine, 'a'), keysOf(engine, 'b')]).toEqual([['old'], ['old']]);
    if (use === 'written to') engine.commit('a', putCell('k'));
    disk.whenReading = 'SQLITE_CORRUPT';
    expect(failureOf(() => engine.load('a'))).toBe('damaged');
    disk.whenReading = undefined;
    const own = use === 'written to' ? ['k', 'old'] : ['old'];
    expect([keysOf(engine, 'a'), keysOf(engine, 'b')]).toEqual([own, ['old']]);
    expect(home.kept).toEqual([own.length]);
    expect(home.setAside.map(([namespace]) => namespace)).toEqual(['a']);
    engine.commit('a', putCell('new'));
    expect(keysOf(engine, 'a')).toEqual([...own, 'new'].sort());
  });

  it('that fails to be read is opened anew, and nothing is set aside', () => {
    home.keep('a');
    const disk = new FaultyDisk();
    const engine = home.open({ connect: disk.connect });
    expect(keysOf(engine, 'a')).toEqual(['old']);
    disk.whenReading = 'SQLITE_IOERR_READ';
    expect(failureOf(() => engine.load('a'))).toBe('io');
    disk.whenReading = undefined;
    expect(keysOf(engine, 'a')).toEqual(['old']);
    home.clock.advance(100);
    engine.commit('a', putCell('k'));
    expect(keysOf(engine, 'a')).toEqual(['k', 'old']);
    expect(home.setAside).toEqual([]);
  });

  it('changes with the first write and not with a look at it', () => {
    home.keep('a');
    const before = home.bytes('a');
    const engine = home.open();
    expect(keysOf(engine, 'a')).toEqual(['old']);
    while (engine.idle());
    expect([home.bytes('a'), home.names().filter((name) => name.includes('-'))]).toEqual([before, []]);
    engine.commit('a', putCell('k'));
    engine.release('a');
    expect(home.bytes('a')).not.toEqual(before);
  });

  it('of a newer format is an error of its namespace alone, and leaves every byte of it', () => {
    home.keep('a', 'b');
    changeFormat(home.paths.pathOf('a'), FORMAT_VERSION + 1);
    const before = home.bytes('a');
    const engine = home.engine();
    expect(engine.open()).toBeUndefined();
    const calls = [
      () => engine.load('a'),
      () => engine.usage('a'),
      () => engine.scan('a', 0, 1),
      () => engine.commit('a', putCell('k')),
      () => engine.drop('a'),
    ];
    expect(calls.map(failureOf)).toEqual(calls.map(() => 'newer'));
    expect(engine.sweep(Number.MAX_SAFE_INTEGER, 10)).toEqual({ removed: 0, more: false });
    engine.commit('b', putCell('k'));
    expect(engine.namespaces()).toEqual(['a', 'b']);
    engine.close();
    expect(home.bytes('a')).toEqual(before);

    changeFormat(home.paths.pathOf('a'), FORMAT_VERSION);
    expect(keysOf(home.open(), 'a')).toEqual(['old']);
  });

  it('of a newer format ends when it is put right, without a restart', () => {
    home.keep('a');
    changeFormat(home.paths.pathOf('a'), FORMAT_VERSION + 1);
    const engine = home.open();
    expect(failureOf(() => engine.load('a'))).toBe('newer');
    changeFormat(home.paths.pathOf('a'), FORMAT_VERSION);
    home.clock.advance(2_000);
    expect(keysOf(engine, 'a')).toEqual(['old']);
    engine.commit('a', [{ put: { kind: 'used', key: 'u', value: '1', expiresAt: 5 } }]);
    expect(engine.sweep(5, 10)).toEqual({ removed: 1, more: false });
  });
});
