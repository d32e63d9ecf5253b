import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JsonEngine } from '../../src/stores/json-engine.js';
import { FolderLock } from '../../src/stores/lock.js';
import { encodeRecord, LINES_FRAME, readRecords, recordSeed } from '../../src/stores/records.js';
import { put, remove } from '../contracts/store-subject.js';
import { failureOf, putCell } from './database-home.js';
import { FaultyFiles } from './faulty-files.js';
import { hastyFiles, JsonHome } from './json-harness.js';
import { rowsOf } from './json-scenario.js';

let home: JsonHome;
beforeEach(() => {
  home = new JsonHome();
});
afterEach(() => home.remove());

const CHECKPOINT = ['index.a.json', 'narrative.a.json', 'pheromones.a.json'];
const JOURNAL = 'narrative.a.json.journal';

function idle(engine: JsonEngine): number {
  let slices = 1;
  while (engine.idle()) slices += 1;
  return slices;
}

describe('files', () => {
  it('are a journal at first, and a checkpoint alone once the namespace was released', () => {
    const engine = home.open();
    engine.commit('a', putCell('k'));
    expect(home.names()).toEqual([JOURNAL]);
    engine.release('a');
    idle(engine);
    expect(home.names()).toEqual(CHECKPOINT);
    engine.commit('a', putCell('l'));
    expect(home.names()).toEqual([...CHECKPOINT, JOURNAL].sort());
    engine.close();
    expect(home.names()).toEqual(CHECKPOINT);
  });

  it('that cannot be written do not keep other namespaces from their checkpoints', () => {
    const files = hastyFiles();
    const open: typeof files.open = (path, mode) => {
      if (path.endsWith('.a.json.next')) throw Object.assign(new Error('injected'), { code: 'EACCES' });
      return files.open(path, mode);
    };
    const engine = home.open({ files: { ...files, open } });
    for (const name of ['a', 'b', 'c']) {
      engine.commit(name, putCell('k'));
      engine.release(name);
    }
    for (let tries = 0; tries < 3; tries += 1) {
      idle(engine);
      home.clock.advance(2_000);
    }
    expect(home.names().filter((name) => name.endsWith('.journal'))).toEqual([JOURNAL]);
  });

  it('go with the last row, and are not made for nothing', () => {
    const engine = home.open();
    engine.commit('a', [remove('cell', 'k')]);
    engine.drop('a');
    engine.load('a');
    expect(home.names()).toEqual([]);
    engine.commit('a', putCell('k'));
    engine.release('a');
    idle(engine);
    engine.commit('a', [remove('cell', 'k')]);
    expect(engine.namespaces()).toEqual([]);
    idle(engine);
    expect(home.names()).toEqual([]);
    engine.commit('a', putCell('k'));
    engine.drop('a');
    expect(home.names()).toEqual([]);
  });

  it('are in folders of their own by templates that say so', () => {
    const templates = {
      narrative: 'by/{namespace}/narrative.json',
      pheromones: 'by/{namespace}/pheromones.json',
      index: 'index/{namespace}.json',
    };
    const engine = home.open({ templates });
    engine.commit('A', putCell('k'));
    engine.close();
    expect(statSync(home.path('by/%41/narrative.json')).isFile()).toBe(true);
    const again = home.open({ templates });
    expect(again.namespaces()).toEqual(['A']);
    expect(again.load('A')).toHaveLength(1);
  });
});

describe('a checkpoint', () => {
  it('is made once the journal is over its bound, in slices, with commits in between', () => {
    const engine = home.open({ journalBytes: 1_000_000 });
    const rows = 300;
    for (let n = 0; n < rows; n += 1) engine.commit('a', putCell(`k${n}`, 'x'.repeat(6000)));
    expect(home.names()).toEqual([JOURNAL]);
    let slices = 0;
    while (engine.idle()) {
      engine.commit('a', putCell(`meanwhile ${slices}`));
      slices += 1;
    }
    expect(slices).toBeGreaterThan(4);
    expect(home.names()).toEqual([...CHECKPOINT, JOURNAL].sort());
    expect(statSync(home.path(JOURNAL)).size).toBeLessThan(10_000);
    const after = home.open();
    expect(after.load('a')).toHaveLength(rows + slices);
    expect(after.load('a')).toEqual(engine.load('a'));
  });

  it('is made by the commits themselves where nothing is ever idle', () => {
    const engine = home.open({ journalBytes: 10_000 });
    const sizes: number[] = [];
    for (let n = 0; n < 500; n += 1) {
      engine.commit('a', putCell('k', 'x'.repeat(1000)));
      sizes.push(statSync(home.path(JOURNAL), { throwIfNoEntry: false })?.size ?? 0);
    }
    expect(Math.max(...sizes)).toBeLessThan(60_000);
    expect(home.open().get('a', 'cell', 'k')).toBeDefined();
  });

  it('that fails is tried again after a while, and the journal has it all until then', () => {
    const disk = new FaultyFiles();
    const files = { ...disk.files };
    let tries = 0;
    files.rename = () => {
      tries += 1;
      throw Object.assign(new Error('injected'), { code: 'ENOSPC' });
    };
    const engine = home.open({ files });
    engine.commit('a', putCell('k'));
    engine.release('a');
    idle(engine);
    expect(tries).toBe(1);
    expect(engine.idle()).toBe(false);
    expect(tries).toBe(1);
    home.clock.advance(100);
    idle(engine);
    expect(tries).toBe(2);
    engine.commit('a', putCell('l'));
    files.rename = disk.files.rename;
    home.clock.advance(2000);
    engine.release('a');
    idle(engine);
    expect(home.names()).toEqual(CHECKPOINT);
    expect(home.open().load('a')).toHaveLength(2);
  });
});

describe('damage on a disk that takes no writes', () => {
  it('is read around; nothing is written until what is whole could be written anew', () => {
    const first = home.open();
    first.commit('a', [...putCell('1'), ...putCell('2')]);
    first.commit('a', putCell('3'));
    const path = home.path(JOURNAL);
    truncateSync(path, statSync(path).size - 5);
    appendFileSync(path, '\n');
    const torn = home.contents();
    const files = { ...hastyFiles() };
    const full = () => {
      throw Object.assign(new Error('injected'), { code: 'ENOSPC' });
    };
    const { write } = files;
    files.write = full;
    const engine = home.open({ files });
    expect(engine.load('a').map(({ key }) => key)).toEqual(['1', '2']);
    // Under its second name the damaged file takes no room.
    expect(home.setAside).toHaveLength(1);
    expect(failureOf(() => engine.commit('a', putCell('4')))).toBe('full');
    expect(failureOf(() => engine.drop('a'))).toBe('full');
    expect(home.contents().get(JOURNAL)).toBe(torn.get(JOURNAL));
    files.write = write;
    engine.commit('a', putCell('4'));
    expect(home.setAside).toHaveLength(1);
    expect(
      home
        .open()
        .load('a')
        .map(({ key }) => key),
    ).toEqual(['1', '2', '4']);
    expect(home.setAside).toHaveLength(1);
  });
});

describe('memory', () => {
  it('holds so many namespaces and bytes; the others are read again', () => {
    const reads = new FaultyFiles();
    const engine = home.open({ files: reads.files, maxOpen: 3 });
    for (let n = 0; n < 6; n += 1) engine.commit(`n${n}`, putCell('k', `${n}`));
    const readsOf = (name: string) => {
      const before = reads.done.filter((one) => one === 'read').length;
      expect(engine.get(name, 'cell', 'k')?.value).toBe(name.slice(1));
      return reads.done.filter((one) => one === 'read').length - before;
    };
    expect(['n3', 'n4', 'n5'].map(readsOf)).toEqual([0, 0, 0]);
    expect(readsOf('n0')).toBeGreaterThan(0);
    expect([readsOf('n0'), readsOf('n5'), readsOf('n4')]).toEqual([0, 0, 0]);
    expect(readsOf('n3')).toBeGreaterThan(0);

    const small = home.open({ files: reads.files, maxOpenBytes: 50 });
    small.commit('x', putCell('k', 'x'.repeat(40)));
    small.commit('y', putCell('k', 'x'.repeat(40)));
    const before = reads.done.length;
    small.load('y');
    expect(reads.done.length).toBe(before);
    small.load('x');
    expect(reads.done.length).toBeGreaterThan(before);
  });

  it('learns totals from the heads of files, a namespace at a time', () => {
    const first = home.open({ impressions: { namespaceBytes: 100, totalBytes: 1000 } });
    for (let n = 0; n < 5; n += 1) first.commit(`n${n}`, [put('impression', 'i', 'x'.repeat(10))]);
    first.close();
    const disk = new FaultyFiles();
    const engine = home.open({ files: disk.files, impressions: { namespaceBytes: 100, totalBytes: 35 } });
    expect(disk.done.filter((name) => name === 'readStart')).toHaveLength(5);
    expect(disk.done).not.toContain('read');
    engine.commit('n4', [put('impression', 'j', 'x'.repeat(10))]);
    const left = [0, 1, 2, 3, 4].filter((n) => engine.get(`n${n}`, 'impression', 'i'));
    expect(left).toEqual([3, 4]);
  });
});

it('the order of puts outlives a clock that went back', () => {
  for (const name of ['in a checkpoint', 'in a journal']) {
    const engine = home.open();
    engine.commit(name, [put('cell', 'old', '1', { group: 'g' })]);
    if (name === 'in a checkpoint') engine.close();
    home.clock.advance(-3_600_000);
    const again = home.open();
    again.commit(name, [put('cell', 'new', '1', { group: 'g' })]);
    again.close();
    const found = home.open().find(name, 'cell', 'g', 2);
    expect(found.map(({ key }) => key)).toEqual(['new', 'old']);
  }
});

describe('the folder', () => {
  it('is owned by one engine', () => {
    const engine = home.open({ lock: new FolderLock(home.folder) });
    engine.commit('a', putCell('k'));
    expect(() => home.open({ lock: new FolderLock(home.folder) })).toThrow(/owned by process/);
    engine.close();
    expect(home.open({ lock: new FolderLock(home.folder) }).load('a')).toHaveLength(1);
  });

  it('that another one took the place of is read anew before it is written', () => {
    const engine = home.open({ lock: new FolderLock(home.folder) });
    engine.commit('a', putCell('old'));
    renameSync(home.folder, `${home.folder}-taken`);
    mkdirSync(home.folder);
    engine.commit('b', putCell('new'));
    expect(home.replaced).toEqual([null]);
    expect(engine.namespaces()).toEqual(['b']);
    expect(engine.load('a')).toEqual([]);
    expect(readFileSync(`${home.folder}-taken/${JOURNAL}`, 'utf8')).toContain('old');
    rmSync(`${home.folder}-taken`, { recursive: true });
  });

  it('may be there later: nothing fails for good', () => {
    const disk = new FaultyFiles();
    const files = { ...hastyFiles() };
    const broken = () => {
      throw Object.assign(new Error('injected'), { code: 'EACCES' });
    };
    Object.assign(files, { list: broken, open: broken, makeFolder: broken });
    const engine = home.open({ files });
    expect(failureOf(() => engine.commit('a', putCell('k')))).toBe('read-only');
    Object.assign(files, disk.files);
    engine.commit('a', putCell('k'));
    expect(rowsOf(engine, 'a')).toHaveLength(1);
    expect(engine.sweep(0, 10)).toEqual({ removed: 0, more: false });
  });
});

describe('records', () => {
  it('come back as they were, and none from another file', () => {
    fc.assert(
      fc.property(fc.array(fc.json()), fc.nat(), fc.nat(), (values, seed, other) => {
        const file = Buffer.concat(
          values.flatMap((json) => [encodeRecord(json, seed), Buffer.from(LINES_FRAME.after)]),
        );
        const read: string[] = [];
        const isWhole = readRecords(file, seed, LINES_FRAME, (json) => read.push(json));
        expect(read).toEqual(values);
        expect(isWhole).toBe(values.length > 0);
        if (other === seed || values.length === 0) return;
        expect(readRecords(file, other, LINES_FRAME, () => expect.unreachable())).toBe(false);
      }),
    );
  });

  it('are not found in text that looks like one', () => {
    const seed = recordSeed('a', 'index');
    const inner = encodeRecord('{"entry":9}', seed).toString();
    const file = encodeRecord(JSON.stringify({ text: inner }), seed);
    file[3] = (file[3] as number) ^ 1;
    expect(readRecords(file, seed, LINES_FRAME, () => expect.unreachable())).toBe(false);
  });
});
