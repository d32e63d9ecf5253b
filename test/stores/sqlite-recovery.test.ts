import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inspectLog } from '../../src/stores/sqlite-log.js';
import { salvageFile } from '../../src/stores/sqlite-salvage.js';
import { SqliteUpkeep } from '../../src/stores/sqlite-upkeep.js';
import type { Change } from '../../src/stores/store.js';
import { DatabaseHome, keysOf } from './database-home.js';
import { SqliteFilesHome } from './sqlite-files-home.js';

const PAGE = 4096;
const FRAME = PAGE + 24;
const NAMES = ['a', 'b', 'c'] as const;
let home: DatabaseHome;

beforeEach(() => {
  home = new DatabaseHome();
});
afterEach(() => home.remove());

/** Twenty rows a commit: some pages. */
function rowsOf(name: string, part: number): Change[] {
  return Array.from({ length: 20 }, (_, n) => ({
    put: { kind: 'cell', key: `${name}${part}.${n}`, value: `"${'x'.repeat(300)}"` },
  }));
}

/** Three namespaces, three commits each, closed in order. */
function keep(): Buffer {
  const database = home.openDatabase();
  for (let part = 0; part < 3; part += 1) for (const name of NAMES) database.commit(name, rowsOf(name, part));
  database.close();
  return readFileSync(home.path);
}

/** The same as a kill leaves it: 60 rows in the file, the other commits in its log alone. */
function keepKilled(): { file: Buffer; log: Buffer } {
  const database = home.openDatabase();
  for (const name of NAMES) database.commit(name, rowsOf(name, 0));
  database.close();
  const again = home.openDatabase();
  for (let part = 1; part < 3; part += 1) for (const name of NAMES) again.commit(name, rowsOf(name, part));
  const state = { file: readFileSync(home.path), log: readFileSync(`${home.path}-wal`) };
  again.close();
  clear();
  writeFileSync(home.path, state.file);
  writeFileSync(`${home.path}-wal`, state.log);
  return state;
}

function clear(): void {
  for (const name of readdirSync(home.folder)) rmSync(join(home.folder, name));
  home.setAside.length = 0;
  home.kept.length = 0;
}

function spoil(bytes: Buffer, at: number, length: number): Buffer {
  const spoilt = Buffer.from(bytes);
  for (let n = at; n < Math.min(at + length, bytes.length); n += 1) spoilt[n] = spoilt[n]! ^ 0xa5;
  return spoilt;
}

/** Rows of all namespaces after a start, which never fails. */
function startAndCount(): number {
  const database = home.openDatabase();
  expect(database.open()).toBeUndefined();
  const count = NAMES.reduce((sum, name) => sum + keysOf(database, name).length, 0);
  database.commit('a', [{ put: { kind: 'meta', key: 'after', value: '1' } }]);
  database.close();
  return count;
}

function problems(): string[] {
  const upkeep = new SqliteUpkeep(home.folder, home.path, home.clock);
  return upkeep.parts().flatMap((part) => upkeep.inspect(part));
}

describe('a start over a damaged database', () => {
  it('keeps all that repair keeps, page by page, and says how much', () => {
    const whole = keep();
    let most = 0;
    for (let at = 0; at < whole.length; at += PAGE) {
      const spoilt = spoil(whole, at + 20, 900);
      clear();
      writeFileSync(home.path, spoilt);
      const folder = mkdtempSync(join(tmpdir(), 'neuralcache-'));
      const copy = join(folder, 'copy.db');
      copyFileSync(home.path, copy);
      const { kept } = salvageFile(copy, null, 0);
      rmSync(folder, { recursive: true });
      const count = startAndCount();
      if (home.setAside.length === 0) {
        // An unused part of a page, or an index that is not read through at the start.
        expect(count, `${at}`).toBe(180);
        continue;
      }
      expect([count, home.kept[0]], `${at}`).toEqual([kept, kept]);
      // Its header says meanwhile how it was opened.
      const aside = readFileSync(home.setAside[0]![1]);
      expect(aside.subarray(100).equals(spoilt.subarray(100)), `${at}`).toBe(true);
      if (at > 0) most = Math.max(most, 180 - kept);
    }
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(180);
  });

  it('reads a file that was cut off as far as it goes', () => {
    const whole = keep();
    truncateSync(home.path, whole.length - 2 * PAGE);
    expect(startAndCount()).toBeGreaterThan(100);
    expect(home.setAside).toHaveLength(1);
  });

  it.each<[string, (draft: string) => void]>([
    ['before the draft was whole', (draft) => writeFileSync(`${draft}.new`, 'half')],
    ['before anything moved', (draft) => renameSync(`${home.path}.whole`, draft)],
    [
      'after the log moved',
      (draft) => {
        renameSync(`${home.path}.whole`, draft);
        renameSync(`${home.path}-wal`, `${home.path}.damaged-1-wal`);
      },
    ],
    [
      'before the draft moved',
      (draft) => {
        renameSync(`${home.path}.whole`, draft);
        renameSync(`${home.path}-wal`, `${home.path}.damaged-1-wal`);
        renameSync(home.path, `${home.path}.damaged-1`);
      },
    ],
  ])('is tried again after a kill %s', (_, interrupt) => {
    const { file, log } = keepKilled();
    const spoilt = spoil(log, 32 + 2 * FRAME + 100, 50);
    writeFileSync(`${home.path}-wal`, spoilt);
    const { kept, setAside } = salvageFile(home.path, null, 0);
    renameSync(home.path, `${home.path}.whole`);
    renameSync(setAside[0]!, home.path);
    renameSync(`${setAside[0]}-wal`, `${home.path}-wal`);
    interrupt(`${home.path}.salvaged`);
    rmSync(`${home.path}.whole`, { force: true });
    expect(problems()).not.toEqual([]);
    expect(startAndCount()).toBe(kept);
    expect([home.setAside.length, home.kept]).toEqual([1, [kept]]);
    const aside = readdirSync(home.folder).filter((name) => name.includes('.damaged-'));
    const bytes = aside.map((name) => readFileSync(join(home.folder, name)));
    expect(bytes.some((one) => one.equals(file)) && bytes.some((one) => one.equals(spoilt))).toBe(true);
    const others = readdirSync(home.folder).filter((name) => !name.includes('.damaged-'));
    expect(others).toEqual([basename(home.path)]);
  });
});

describe('a log that was left behind', () => {
  it('loses no commit behind a place that is damaged, is seen by a check, and kept', () => {
    const { file, log } = keepKilled();
    const frames = (log.length - 32) / FRAME;
    const isLast = (at: number) => at >= 32 + (frames - 1) * FRAME;
    const places = [0, 5, 9, 17, 26];
    for (let n = 0; n < frames; n += 1)
      for (const within of [0, 9, 17, 24, 2000]) places.push(32 + n * FRAME + within);
    for (const at of places) {
      clear();
      const spoilt = spoil(log, at, 3);
      writeFileSync(home.path, file);
      writeFileSync(`${home.path}-wal`, spoilt);
      const before = readFileSync(`${home.path}-wal`);
      expect(problems().length > 0, `check ${at}`).toBe(!isLast(at));
      expect(readFileSync(`${home.path}-wal`).equals(before)).toBe(true);
      const database = home.openDatabase();
      expect(database.open(), `${at}`).toBeUndefined();
      const keys = NAMES.map((name) => keysOf(database, name).length);
      database.close();
      expect(home.setAside.length, `${at}`).toBe(isLast(at) ? 0 : 1);
      if (isLast(at)) continue;
      const count = keys.reduce((sum, one) => sum + one, 0);
      expect(home.kept, `${at}`).toEqual([count]);
      // What came before the log is never lost; of the log at most the pages hit.
      expect(count, `${at} of ${frames}`).toBeGreaterThan(120);
      expect(readFileSync(`${home.setAside[0]![1]}-wal`).equals(spoilt), `${at}`).toBe(true);
    }
  });

  it('gives everything where the log alone was hit in what guards it and not in a page', () => {
    const { file, log } = keepKilled();
    for (const at of [2, 17, 26, 32 + 2 * FRAME + 10, 32 + 2 * FRAME + 18]) {
      clear();
      writeFileSync(home.path, file);
      writeFileSync(`${home.path}-wal`, spoil(log, at, 1));
      expect([startAndCount(), home.setAside.length], `${at}`).toEqual([180, 1]);
    }
  });

  it.each(['empty', 'gone'])('makes the file by itself where that is %s', (how) => {
    const database = new BetterSqlite3(home.path);
    database.close();
    clear();
    const engine = home.openDatabase();
    for (let part = 0; part < 3; part += 1) for (const name of NAMES) engine.commit(name, rowsOf(name, part));
    const source = new BetterSqlite3(home.path);
    // Every page is in the log.
    source.pragma('wal_checkpoint(TRUNCATE)');
    source.exec('VACUUM');
    const log = readFileSync(`${home.path}-wal`);
    source.close();
    engine.close();
    clear();
    writeFileSync(`${home.path}-wal`, log);
    if (how === 'empty') writeFileSync(home.path, '');
    expect(problems()).not.toEqual([]);
    expect([startAndCount(), home.kept]).toEqual([180, [180]]);
  });

  it('with a torn end, or frames of a transaction that was taken back, is not damaged', () => {
    const { log } = keepKilled();
    for (const cut of [1, 30, FRAME - 1, FRAME + 5]) {
      writeFileSync(`${home.path}-wal`, log.subarray(0, log.length - cut));
      expect(inspectLog(home.path)?.isDamaged, `${cut}`).toBe(false);
    }
    clear();
    const database = new BetterSqlite3(home.path);
    database.pragma('journal_mode = WAL');
    database.pragma('cache_size = 5');
    database.exec('CREATE TABLE t (a)');
    database.exec('BEGIN');
    const insert = database.prepare('INSERT INTO t VALUES (?)');
    for (let n = 0; n < 200; n += 1) insert.run('y'.repeat(2000));
    database.exec('ROLLBACK');
    database.exec("INSERT INTO t VALUES ('z')");
    const frames = (readFileSync(`${home.path}-wal`).length - 32) / FRAME;
    const state = inspectLog(home.path)!;
    expect([state.isDamaged, state.frames.length < frames - 10]).toEqual([false, true]);
    database.close();
  });
});

it('a namespace whose file and log are damaged, or whose file is gone, leaves others byte for byte', () => {
  const files = new SqliteFilesHome();
  files.keep('a', 'b');
  const engine = files.open();
  for (let part = 0; part < 3; part += 1) engine.commit('a', rowsOf('a', part));
  const killed = new SqliteFilesHome();
  cpSync(files.folder, killed.folder, { recursive: true });
  const path = killed.paths.pathOf('a');
  const log = readFileSync(`${path}-wal`);
  const others = killed.bytes('b');
  for (const spoilAll of [
    () => writeFileSync(`${path}-wal`, spoil(log, 32 + 3 * FRAME + 500, 30)),
    () => rmSync(path),
  ]) {
    cpSync(files.folder, killed.folder, { recursive: true });
    spoilAll();
    killed.setAside.length = 0;
    const again = killed.open();
    expect(again.namespaces()).toEqual(['a', 'b']);
    expect(again.load('a').length).toBeGreaterThan(20);
    expect(killed.setAside.map(([namespace]) => namespace)).toEqual(['a']);
    expect(killed.kept.at(-1)).toBe(again.load('a').length);
    again.close();
    expect(killed.bytes('b')).toEqual(others);
    expect(existsSync(`${killed.setAside[0]![2]}-wal`)).toBe(true);
  }
  killed.remove();
  files.remove();
});
