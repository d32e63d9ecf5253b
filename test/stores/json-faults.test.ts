import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JsonEngine } from '../../src/stores/json-engine.js';
import { StorageError } from '../../src/stores/store.js';
import { NaiveStore } from '../contracts/store-model.js';
import { put } from '../contracts/store-subject.js';
import { failureOf } from './database-home.js';
import { Ended, type Fault, FaultyFiles } from './faulty-files.js';
import { JsonHome } from './json-harness.js';
import { BOUNDS, commit, everything, everythingOf, type Step, scenario } from './json-scenario.js';

/** The file operations of the scenario when nothing fails. */
function operations(sync: 'normal' | 'full'): readonly string[] {
  const home = new JsonHome();
  const disk = new FaultyFiles();
  const engine = home.open({ files: disk.files, impressions: BOUNDS, sync });
  for (const step of scenario()) step.ask(engine);
  const done = [...disk.done];
  home.remove();
  expect(done.length).toBeGreaterThan(100);
  return done;
}

let home: JsonHome;
beforeEach(() => {
  home = new JsonHome();
});
afterEach(() => home.remove());

/** A trim over all namespaces that did not come about does with the next impression of any. */
function settle(engine: JsonEngine, model: NaiveStore): void {
  home.clock.advance(5_000);
  const last = commit('settled', [put('impression', 'last', '')]);
  last.ask(engine);
  last.tell(model);
}

function freshHome(): JsonHome {
  home.remove();
  home = new JsonHome();
  return home;
}

describe('a file operation that fails', () => {
  const any = () => true;
  const takesDescriptor = (name: string) => /open|read|list|syncFolder/.test(name);
  const writes = (name: string) => /write|truncate|sync|close/.test(name);
  const cases: [string, { code: string; shortWrite?: true }, 'normal' | 'full', (name: string) => boolean][] =
    [
      ['no space', { code: 'ENOSPC' }, 'normal', any],
      ['the disk fails', { code: 'EIO' }, 'full', any],
      ['no descriptors', { code: 'EMFILE' }, 'normal', takesDescriptor],
      ['a write that takes a part only', { code: 'ENOSPC', shortWrite: true }, 'full', writes],
    ];

  it.each(cases)(
    'loses and invents nothing, whichever it is, and the next call works: %s',
    (_, what, sync, concerns) => {
      for (const [index, name] of operations(sync).entries()) {
        if (!concerns(name)) continue;
        const at = index + 1;
        const disk = new FaultyFiles({ at, ...what } as Fault);
        freshHome();
        const engine = home.open({ files: disk.files, impressions: BOUNDS, sync });
        const model = new NaiveStore(BOUNDS);
        for (const step of scenario()) carryOut(step, engine, model, disk);
        disk.mend();
        home.clock.advance(5_000);
        expect([at, everything(engine)]).toEqual([at, everythingOf(model)]);
        // What a process that starts now finds, and after an orderly end.
        const after = home.open({ impressions: BOUNDS });
        expect([at, everything(after)]).toEqual([at, everythingOf(model)]);
        after.close();
        expect([at, everything(home.open({ impressions: BOUNDS }))]).toEqual([at, everythingOf(model)]);
        expect(home.setAside).toEqual([]);
      }
    },
    120_000,
  );

  it('is read from the disk again where an entry that failed could not be taken back', () => {
    const disk = new FaultyFiles();
    const files = { ...disk.files };
    const engine = home.open({ files });
    engine.commit('a', [put('cell', 'k', '1')]);
    files.truncate = () => {
      throw Object.assign(new Error('injected'), { code: 'EIO' });
    };
    const { write } = files;
    files.write = (handle, bytes) => {
      write(handle, bytes.subarray(0, 20));
      throw Object.assign(new Error('injected'), { code: 'EIO' });
    };
    expect(failureOf(() => engine.commit('a', [put('cell', 'k', '2')]))).toBe('io');
    expect(home.replaced).toEqual(['a']);
    Object.assign(files, disk.files);
    expect(engine.get('a', 'cell', 'k')?.value).toBe('1');
    engine.commit('a', [put('cell', 'k', '3')]);
    expect(home.open().get('a', 'cell', 'k')?.value).toBe('3');
    // What there was of the entry that failed counts as never written.
    expect(home.setAside).toEqual([]);
  });
});

describe.each(['normal', 'full'] as const)('an entry that was never finished, %s', (sync) => {
  const journal = 'narrative.a.json.journal';
  const failing: readonly [string, 'open' | 'truncate', string, string][] = [
    ['a full disk', 'truncate', 'ENOSPC', 'full'],
    ['a disk that fails', 'truncate', 'EIO', 'io'],
    ['a read-only disk', 'open', 'EROFS', 'read-only'],
  ];

  it.each(failing)(
    'that cannot be cut off lets rows be read, and is tried again: %s',
    (_, name, code, failure) => {
      home.open().commit('a', [put('cell', 'k', '1')]);
      const left = `${readFileSync(home.path(journal), 'latin1')}["00000000",900,{"entry":2,`;
      writeFileSync(home.path(journal), left, 'latin1');
      const { files } = new FaultyFiles();
      const broken = {
        ...files,
        [name]: () => {
          throw Object.assign(new Error('injected'), { code });
        },
      };
      const engine = home.open({ files: broken, sync });
      for (let n = 0; n < 2; n += 1) {
        expect(failureOf(() => engine.commit('a', [put('cell', 'k', '2')]))).toBe(failure);
        expect(engine.get('a', 'cell', 'k')?.value).toBe('1');
        expect(readFileSync(home.path(journal), 'latin1')).toBe(left);
      }
      // Nothing was written, so nothing in memory is in doubt.
      expect(home.replaced).toEqual([]);
      Object.assign(broken, files);
      engine.commit('a', [put('cell', 'k', '3')]);
      const content = readFileSync(home.path(journal), 'latin1');
      expect(content).not.toContain('"00000000"');
      expect(content.split('\n')).toHaveLength(4);
      expect(home.open().get('a', 'cell', 'k')?.value).toBe('3');
      expect(home.setAside).toEqual([]);
    },
  );

  it('that cannot be cut off goes with its journal once there is a checkpoint', () => {
    home.open().commit('a', [put('cell', 'k', '1')]);
    writeFileSync(home.path(journal), '["0', { flag: 'a' });
    const { files } = new FaultyFiles();
    const truncate = () => {
      throw Object.assign(new Error('injected'), { code: 'EIO' });
    };
    const engine = home.open({ files: { ...files, truncate }, sync });
    expect(failureOf(() => engine.commit('a', [put('cell', 'k', '2')]))).toBe('io');
    while (engine.idle()) {}
    expect(home.names()).not.toContain(journal);
    engine.commit('a', [put('cell', 'k', '3')]);
    expect(home.open().get('a', 'cell', 'k')?.value).toBe('3');
    expect(home.setAside).toEqual([]);
  });

  it('is cut off even where the entry after it fails', () => {
    home.open().commit('a', [put('cell', 'k', '1')]);
    const whole = readFileSync(home.path(journal), 'latin1');
    writeFileSync(home.path(journal), '["0', { flag: 'a' });
    const { files } = new FaultyFiles();
    const broken = {
      ...files,
      write: () => {
        throw Object.assign(new Error('injected'), { code: 'ENOSPC' });
      },
    };
    const engine = home.open({ files: broken, sync });
    expect(failureOf(() => engine.commit('a', [put('cell', 'k', '2')]))).toBe('full');
    expect(readFileSync(home.path(journal), 'latin1')).toBe(whole);
    Object.assign(broken, files);
    engine.commit('a', [put('cell', 'k', '3')]);
    // After a failed flush the file is read anew in any case.
    expect(home.replaced).toEqual(sync === 'full' ? ['a'] : []);
    expect(home.open().get('a', 'cell', 'k')?.value).toBe('3');
    expect(home.setAside).toEqual([]);
  });
});

/**
 * A call that fails has changed nothing, except that a sweep may have come halfway, or tell what failed before it: it is
 * asked again once that was tried.
 */
function carryOut(step: Step, engine: JsonEngine, model: NaiveStore, disk: FaultyFiles): void {
  const struckBefore = disk.struck;
  let failed = false;
  try {
    step.ask(engine);
  } catch (cause) {
    failed = true;
    expect(cause).toBeInstanceOf(StorageError);
    expect(disk.struck).toBe(true);
  }
  if (step.name === 'sweep' && disk.struck && (failed || !struckBefore)) {
    home.clock.advance(5_000);
    while (engine.idle()) {}
    step.ask(engine);
    failed = false;
  }
  if (!failed) step.tell(model);
  if (disk.struck && !struckBefore) settle(engine, model);
}

/** A disk that takes no file larger than so many bytes. */
function limited(most: { bytes: number }) {
  const { files } = new FaultyFiles();
  const sizes = new Map<number, number>();
  return {
    ...files,
    open(path: string, mode: 'append' | 'write') {
      const before = mode === 'append' ? (files.facts(path)?.bytes ?? 0) : 0;
      const handle = files.open(path, mode);
      sizes.set(handle, before);
      return handle;
    },
    write(handle: number, bytes: Uint8Array) {
      const size = sizes.get(handle)! + bytes.length;
      if (size > most.bytes) throw Object.assign(new Error('injected'), { code: 'EFBIG' });
      sizes.set(handle, size);
      return files.write(handle, bytes);
    },
  };
}

describe.each(['normal', 'full'] as const)('a namespace whose files take nothing more, %s', (sync) => {
  const sweep = (engine: JsonEngine) => failureOf(() => engine.sweep(0, 10));
  const grow = (engine: JsonEngine) => {
    for (let n = 0; n < 100; n += 1) engine.commit('a', [put('cell', 'k', `${n}`)]);
  };

  it('has room again once a checkpoint took the place of its journal', () => {
    const engine = home.open({ files: limited({ bytes: 3000 }), sync });
    expect(failureOf(() => grow(engine))).toBe('io');
    expect(sweep(engine)).toBe('io');
    while (engine.idle()) {}
    expect(sweep(engine)).toBe('none');
    engine.commit('a', [put('cell', 'k', 'last')]);
    expect(home.open().get('a', 'cell', 'k')?.value).toBe('last');
  });

  it('is not taken for mended because its folder, or another one, can be written', () => {
    const most = { bytes: 3000 };
    const engine = home.open({ files: limited(most), sync });
    engine.commit('a', [put('cell', 'large', 'x'.repeat(1500)), put('cell', 'larger', 'y'.repeat(1000))]);
    most.bytes = 1000;
    expect(failureOf(() => engine.commit('a', [put('cell', 'k', '')]))).toBe('io');
    for (let n = 0; n < 3; n += 1) {
      home.clock.advance(5_000);
      while (engine.idle()) {}
      engine.commit('b', [put('cell', 'k', '')]);
      expect(sweep(engine)).toBe('io');
    }
    most.bytes = 10_000;
    home.clock.advance(5_000);
    while (engine.idle()) {}
    expect(sweep(engine)).toBe('none');
  });
});

describe('a process that ends', () => {
  it('at any operation loses nothing it acknowledged, and invents nothing', () => {
    for (let at = operations('normal').length; at > 0; at -= 1) {
      const disk = new FaultyFiles({ at, crash: true });
      freshHome();
      const model = new NaiveStore(BOUNDS);
      let under: Step | undefined;
      try {
        const engine = home.open({ files: disk.files, impressions: BOUNDS });
        for (const step of scenario()) {
          under = step;
          step.ask(engine);
          if (disk.struck) break;
          step.tell(model);
        }
      } catch (cause) {
        expect((cause as Error).cause).toBeInstanceOf(Ended);
      }
      expect(disk.struck).toBe(true);
      const after = home.open({ impressions: BOUNDS });
      const withIt = Object.assign(new NaiveStore(BOUNDS), structuredClone({ ...model }));
      under?.tell(withIt);
      // The call under way was not acknowledged: it counts as a whole or not at all, a sweep by its namespaces.
      if (under?.name === 'sweep') {
        under.ask(after);
        under.tell(model);
      }
      settle(after, model);
      commit('settled', [put('impression', 'last', '')]).tell(withIt);
      const found = JSON.stringify(everything(after));
      expect([at, under?.name, found]).toEqual([
        at,
        under?.name,
        found === JSON.stringify(everythingOf(withIt)) ? found : JSON.stringify(everythingOf(model)),
      ]);
      after.close();
      expect(JSON.stringify(everything(home.open({ impressions: BOUNDS })))).toBe(found);
    }
  }, 120_000);
});
