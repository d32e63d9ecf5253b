import BetterSqlite3 from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoreEngine } from '../../src/stores/engine.js';
import { type Connect, connectFile } from '../../src/stores/sqlite-file.js';
import type { ImpressionBounds } from '../../src/stores/store.js';
import { impression, put } from '../contracts/store-subject.js';
import { hastyFiles, JsonHome } from './json-harness.js';
import { SqliteFilesHome } from './sqlite-files-home.js';

const BOUNDS: ImpressionBounds = { namespaceBytes: 1000, totalBytes: 100 };

/** An engine where every write to some namespaces fails for as long as they are refused. */
interface Subject {
  readonly engine: StoreEngine;
  refuse(...namespaces: string[]): void;
  /** Time enough passes for a driver that waits between its tries. */
  wait(): void;
  remove(): void;
}

function openSqlite(): Subject {
  const home = new SqliteFilesHome();
  let refused: string[] = [];
  const connect: Connect = (path, options) => {
    if (refused.includes(path)) throw new BetterSqlite3.SqliteError('injected', 'SQLITE_IOERR');
    return connectFile(path, options);
  };
  const engine = home.open({ connect, impressions: BOUNDS });
  const refuse = (...namespaces: string[]) => {
    for (const namespace of namespaces) engine.release(namespace);
    refused = namespaces.map((namespace) => home.paths.pathOf(namespace));
  };
  return { engine, refuse, wait: () => home.clock.advance(3_000), remove: () => home.remove() };
}

function openJson(): Subject {
  const home = new JsonHome();
  let refused: string[] = [];
  const disk = hastyFiles();
  const open: typeof disk.open = (path, mode) => {
    if (refused.some((namespace) => path.includes(`.${namespace}.`)))
      throw Object.assign(new Error('injected'), { code: 'EACCES' });
    return disk.open(path, mode);
  };
  const engine = home.open({ files: { ...disk, open }, impressions: BOUNDS });
  const refuse = (...namespaces: string[]) => {
    refused = namespaces;
  };
  return { engine, refuse, wait: () => home.clock.advance(3_000), remove: () => home.remove() };
}

describe.each([
  ['sqlite by namespace', openSqlite],
  ['json', openJson],
])('impressions over all namespaces, %s', (_, open) => {
  let subject: Subject;
  let engine: StoreEngine;
  beforeEach(() => {
    subject = open();
    engine = subject.engine;
  });
  afterEach(() => subject.remove());

  const held = (...namespaces: string[]) =>
    namespaces.map((namespace) => engine.usage(namespace).bytes.impression);

  it('stay within their bound although the namespace with the oldest cannot be written', () => {
    engine.commit('a', [impression('1', 40)]);
    subject.refuse('a');
    for (let n = 0; n < 50; n += 1) {
      engine.commit('b', [impression(`${n}`, 20)]);
      engine.commit('c', [impression(`${n}`, 20), put('cell', `${n}`)]);
    }
    subject.refuse();
    subject.wait();
    // 60 of the 100 bytes are left to b and c, of whom c was written last.
    expect(held('a', 'b', 'c')).toEqual([40, 20, 40]);
    expect(engine.usage('c').rows.cell).toBe(50);
  });

  it('stay within it when many cannot be written: the one that can makes room alone', () => {
    const stubborn = ['a', 'b', 'c', 'd', 'e', 'f'];
    for (const namespace of stubborn) engine.commit(namespace, [impression('1', 10)]);
    subject.refuse(...stubborn);
    for (let n = 0; n < 20; n += 1) engine.commit('g', [impression(`${n}`, 15)]);
    subject.refuse();
    subject.wait();
    expect(held(...stubborn, 'g')).toEqual([10, 10, 10, 10, 10, 10, 30]);
  });

  it('go from it first again once it can be written', () => {
    engine.commit('a', [impression('1', 40)]);
    subject.refuse('a');
    for (let n = 0; n < 4; n += 1) engine.commit('b', [impression(`${n}`, 20)]);
    // A first failure may be a moment's: the next commit tries it again.
    expect(held('b')).toEqual([80]);
    engine.commit('b', [impression('4', 20)]);
    expect(held('b')).toEqual([60]);
    subject.refuse();
    subject.wait();
    engine.commit('b', [impression('5', 20)]);
    expect(held('a', 'b')).toEqual([0, 80]);
  });
});
