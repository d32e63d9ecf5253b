import fc from 'fast-check';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { cellRow, useRow, wideRow } from '../../src/namespaces/records.js';
import { type Row, StorageError } from '../../src/stores/store.js';
import { DAY_MS, START_MS } from '../fixtures/memory.js';
import { cell, DAYS, Home, NOW, OLD, parsed, state, used, vector } from './retention-home.js';

let home: Home;
beforeEach(() => {
  home = new Home();
});

describe.each(['stored', 'open'])('retention in a namespace that is %s', (where) => {
  const sweep = async (retention = home.retention()) => {
    if (where === 'open') await home.open('one');
    await retention.sweep();
    return retention.report();
  };

  it('removes cells without feedback and use, documents and narratives, and counts them', async () => {
    await home.put(
      'one',
      cellRow(cell('old', OLD)),
      useRow('old', used(OLD)),
      cellRow(cell('never used', OLD)),
      cellRow(cell('young', START_MS)),
      useRow('young', used(OLD)),
      wideRow('i:old', { S: 1, W: 1, decayedAt: OLD }),
      wideRow('i:young', { S: 1, W: 1, decayedAt: START_MS }),
      state(home, { vector: vector(), narrativeWindow: '1', pheromoneWindow: '01', learnedAt: OLD }),
    );
    const young = (await home.rows('one')).filter(({ key }) => key.includes('young'));
    expect(await sweep()).toMatchObject({
      removed_cells: 2,
      removed_pheromones: 5,
      removed_narratives: 3,
      sweep_count: 1,
      last_sweep_ts: NOW / 1000,
      failures: 0,
    });
    expect(await home.keys('one')).toEqual([
      'cell young',
      'document i:young',
      'meta state',
      'meta use/young',
    ]);
    expect((await home.rows('one')).filter(({ key }) => key.includes('young'))).toEqual(young);
    const { wide, beta } = JSON.parse((await home.store.get('one', 'meta', 'state'))!.value);
    expect([wide, beta]).toEqual([{ vector: null, narrativeWindow: '', pheromoneWindow: '' }, 4]);
  });

  it('keeps a cell that was used, without its evidence', async () => {
    await home.put('one', cellRow(cell('asked', OLD)), useRow('asked', used(START_MS)));
    expect(await sweep()).toMatchObject({ removed_cells: 0, removed_pheromones: 2, removed_narratives: 1 });
    const before = JSON.parse(cellRow(cell('asked', OLD)).value);
    expect(JSON.parse((await home.store.get('one', 'cell', 'asked'))!.value)).toEqual({
      ...before,
      feedbacks: 0,
      mass: 0,
      narrative: null,
      documents: [],
    });
    expect(await sweep()).toMatchObject({ removed_pheromones: 0, removed_narratives: 0 });
  });

  it('keeps a narrative whose time was not written down, as if it was learned now', async () => {
    await home.put('one', state(home, { vector: vector(), narrativeWindow: '', pheromoneWindow: '' }));
    expect(await sweep()).toMatchObject({ removed_narratives: 0 });
    home.clock.advance(DAYS * DAY_MS);
    expect(await sweep()).toMatchObject({ removed_narratives: 0 });
    home.clock.advance(1);
    expect(await sweep()).toMatchObject({ removed_narratives: 1 });
  });

  it('removes nothing before its time, and nothing where it is off', async () => {
    await home.put('one', cellRow(cell('old', OLD)));
    for (const changes of [{ notBefore: NOW + 1 }, { days: undefined }]) {
      expect(await sweep(home.retention(changes as object))).toMatchObject({
        sweep_count: 0,
        removed_cells: 0,
      });
    }
    expect(await home.keys('one')).toEqual(['cell old']);
    expect(await sweep(home.retention({ notBefore: NOW }))).toMatchObject({
      sweep_count: 1,
      removed_cells: 1,
    });
  });

  it('removes what is too old however much it is, a page or slice at a time', async () => {
    const ids = Array.from({ length: 300 }, (_, i) => `c${i}`);
    await home.put('one', ...ids.map((id) => cellRow(cell(id, OLD, []))));
    await home.put('one', ...ids.map((id) => wideRow(`i:${id}`, { S: 0, W: 1, decayedAt: OLD })));
    home.store.commits.length = 0;
    expect(await sweep()).toMatchObject({ removed_cells: 300, removed_pheromones: 300 });
    expect(await home.keys('one')).toEqual([]);
    const sizes = home.store.commits.map(({ changes }) => changes.length);
    expect(sizes.length).toBeGreaterThan(4);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(256); // a cell is two rows
  });
});

describe('retention', () => {
  it('does the same to a namespace whether it is open or not, and never touches what is younger', async () => {
    const time = fc.integer({ min: START_MS - 3, max: START_MS + 3 });
    const cells = fc.array(
      fc.record({ decayedAt: time, lastUsedAt: fc.option(time), documents: fc.nat(2) }),
      {
        maxLength: 6,
      },
    );
    const documents = fc.array(time, { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(cells, documents, fc.option(time), async (cells, documents, learnedAt) => {
        const left: Row[][] = [];
        for (const isOpen of [true, false]) {
          const home = new Home();
          const vectors = { vector: vector(), narrativeWindow: '1', pheromoneWindow: '' };
          await home.put('one', state(home, { ...vectors, ...(learnedAt === null ? {} : { learnedAt }) }));
          for (const [i, { decayedAt, lastUsedAt, documents }] of cells.entries()) {
            const keys = ['i:a', 'i:b'].slice(0, documents);
            await home.put('one', cellRow(cell(`c${i}`, decayedAt, keys)));
            if (lastUsedAt !== null) await home.put('one', useRow(`c${i}`, used(lastUsedAt)));
          }
          for (const [i, decayedAt] of documents.entries())
            await home.put('one', wideRow(`i:${i}`, { S: 1, W: 1, decayedAt }));
          const before = await home.rows('one');
          if (isOpen) await home.open('one');
          await home.retention().sweep();
          expect(home.failures).toEqual([]);
          const after = await home.rows('one');
          left.push(after);
          const text = new Map(after.map((row) => [`${row.kind} ${row.key}`, row.value]));
          for (const { kind, key, value } of before) {
            const { decayedAt } = JSON.parse(value);
            if (decayedAt >= START_MS) expect(text.get(`${kind} ${key}`)).toBe(value);
            if (kind === 'document' && decayedAt < START_MS) expect(text.has(`document ${key}`)).toBe(false);
          }
          if (isOpen) {
            const open = await home.open('one');
            expect(open.memory.documentsKnown).toBe(after.filter(({ kind }) => kind === 'document').length);
            expect(open.memory.cells.sorted().map(cellRow)).toEqual(
              after.filter(({ kind }) => kind === 'cell'),
            );
          }
        }
        expect(left[0]!.map(parsed)).toEqual(left[1]!.map(parsed));
      }),
      { numRuns: 50 },
    );
  });

  it('goes over every namespace, and opens none', async () => {
    for (const name of ['a', 'b', 'default']) await home.put(name, cellRow(cell('old', OLD)));
    await home.retention().sweep();
    expect(await home.store.namespaces()).toEqual([]);
    expect(home.registry.names()).toEqual([]);
  });

  it('leaves rows of a newer format, damaged ones and those of other encoders as they are', async () => {
    const other = cellRow({ ...cell('other', OLD), encoder: 'other@1', key: vector(5) });
    const rows: Row[] = [
      { kind: 'cell', key: 'damaged', value: '{"format":1,' },
      { kind: 'cell', key: 'newer', value: '{"format":2,"decayedAt":0}' },
      { kind: 'document', key: 'i:text', value: '"text"' },
      { kind: 'document', key: 'i:null', value: 'null' },
      { kind: 'frequencies', key: 'c0', value: '{"v":1,"stems":[]}' },
      { kind: 'impression', key: 'r1', value: '{}' },
    ];
    await home.put('one', ...rows, other, useRow('other', used(NOW)));
    await home.retention().sweep();
    const after = await home.rows('one');
    for (const row of rows.slice(0, 5)) expect(after).toContainEqual(row);
    const emptied = JSON.parse(after.find(({ key }) => key === 'other')!.value);
    expect(emptied).toEqual({
      ...JSON.parse(other.value),
      feedbacks: 0,
      mass: 0,
      narrative: null,
      documents: [],
    });
    expect(home.failures).toEqual([]);
  });

  it('keeps a cell whose use cannot be read: it may have been used just now', async () => {
    const use = { ...useRow('old', used(OLD)), value: '{' };
    await home.put('one', cellRow(cell('old', OLD)), use);
    await home.retention().sweep();
    expect(await home.keys('one')).toEqual(['cell old', 'meta use/old']);
  });

  it('keeps a namespace out of use while it reads a page of it, no longer', async () => {
    await home.put('one', ...Array.from({ length: 200 }, (_, i) => cellRow(cell(`c${i}`, OLD))));
    const { held } = home.store.stall('commit');
    const retention = home.retention();
    const swept = retention.sweep();
    await held;
    let opened = false;
    const opening = home.open('one').then((open) => {
      opened = true;
      return open;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(opened).toBe(false);
    home.store.unstall();
    // It is open before the sweep is through with it, which goes on in its memory.
    const open = await opening;
    expect(open.memory.size).toBe(200 - 128);
    await swept;
    expect([open.memory.size, await home.keys('one')]).toEqual([0, []]);
    expect(retention.report().removed_cells).toBe(200);
  });

  it('lets requests in when the store stalls at a page, and sends nothing more of it', async () => {
    await home.put('one', cellRow(cell('old', OLD)), wideRow('i:old', { S: 1, W: 1, decayedAt: OLD }));
    // A store that is asked for a page, and answers when told.
    let answer = (): void => undefined;
    const { scan } = home.store;
    const asked = new Promise<void>((onAsked) => {
      home.store.scan = async (...call) => {
        await new Promise<void>((resolve) => {
          answer = resolve;
          onAsked();
        });
        return scan.apply(home.store, call);
      };
    });
    const before = home.store.commits.length;
    const sweeping = home.retention({ storageTimeoutMs: 1 }).sweep();
    await asked;
    expect(await home.registry.use('one', async ({ memory }) => memory.size)).toBe(1);
    await sweeping;
    expect(home.failures).toEqual(['one: the store did not answer in time']);
    answer();
    await new Promise((resolve) => setImmediate(resolve));
    expect(home.store.commits.length).toBe(before);
  });

  it('that cannot be written changes neither memory nor store, is counted, and is tried again', async () => {
    await home.put('shut', cellRow(cell('old', OLD)));
    await home.put('open', cellRow(cell('old', OLD)));
    await home.put('young', cellRow(cell('new', NOW)));
    const open = await home.open('open');
    home.store.failing.add('commit');
    const retention = home.retention();
    await retention.sweep();
    expect(retention.report()).toMatchObject({ sweep_count: 1, failures: 2, removed_cells: 0 });
    expect(home.failures).toEqual(['open: no space left (commit)', 'shut: no space left (commit)']);
    expect(open.memory.size).toBe(1);
    expect(await home.keys('open')).toEqual(['cell old']);
    home.store.failing.clear();
    await retention.sweep();
    expect(home.outcomes).toEqual(['failed', 'done']);
    expect(retention.report()).toMatchObject({ sweep_count: 2, failures: 2, removed_cells: 2 });
    expect(await home.store.namespaces()).toEqual(['young']);
  });

  it.each(['stored', 'open'])('lets others have their turn after every step (%s)', async (where) => {
    await home.put('one', ...Array.from({ length: 320 }, (_, i) => cellRow(cell(`c${i}`, OLD, []))));
    if (where === 'open') await home.open('one');
    let turns = 0;
    let swept = false;
    const count = () => {
      turns++;
      if (!swept) setImmediate(count);
    };
    setImmediate(count);
    await home.retention().sweep();
    swept = true;
    expect(turns).toBeGreaterThanOrEqual(where === 'open' ? 320 / 64 : 320 / 128);
  });

  it('does nothing in a namespace that was closed meanwhile, and leaves it to whoever has it now', async () => {
    await home.put('one', cellRow(cell('old', OLD)));
    const open = await home.open('one');
    await home.registry.evict('one', 'idle');
    const age = { now: NOW, cutoff: START_MS };
    expect(await open.removeAged(age, 10)).toMatchObject({ removed: { cells: 0 }, isOver: false });
    expect(await home.keys('one')).toEqual(['cell old']);
  });

  it.each([
    { sweepOnStart: true, intervalMs: 500, notBefore: NOW, at: [0, 500] },
    { sweepOnStart: false, intervalMs: 500, notBefore: NOW, at: [500, 500] },
    { sweepOnStart: true, intervalMs: 500, notBefore: NOW + DAY_MS, at: [DAY_MS, 500] },
    { sweepOnStart: true, intervalMs: 0, notBefore: NOW, at: [0] },
    { sweepOnStart: false, intervalMs: 0, notBefore: NOW, at: [] },
    { sweepOnStart: true, intervalMs: 500, notBefore: NOW, days: undefined, at: [] },
  ])('begins its sweeps when it is told to: $at', async ({ at, ...changes }) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const retention = home.retention(changes as object);
      const sweep = vi.spyOn(retention, 'sweep');
      retention.start();
      for (const [i, ms] of at.entries()) {
        if (ms > 0) {
          home.clock.advance(ms - 1);
          await vi.advanceTimersByTimeAsync(ms - 1);
          expect(retention.report().sweep_count).toBe(i);
        }
        home.clock.advance(Math.min(ms, 1));
        await vi.advanceTimersByTimeAsync(Math.min(ms, 1));
        await sweep.mock.results[i]!.value;
        expect(retention.report().sweep_count).toBe(i + 1);
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (at.length < 2) expect(vi.getTimerCount()).toBe(0);
      await retention.stop();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('counts no sweep where the names cannot be had', async () => {
    home.store.namespaces = async () => {
      throw new StorageError('io', 'gone');
    };
    const retention = home.retention();
    await retention.sweep();
    expect(home.failures).toEqual(['null: gone']);
    expect(retention.report()).toMatchObject({ sweep_count: 0, last_sweep_ts: null, failures: 1 });
  });

  it('is one at a time', async () => {
    await home.put('one', cellRow(cell('old', OLD)));
    const retention = home.retention();
    await Promise.all([retention.sweep(), retention.sweep(), retention.sweep()]);
    expect(retention.report().sweep_count).toBe(1);
  });

  it('stops after the step under way, and counts no sweep then', async () => {
    for (const name of ['a', 'b', 'c']) await home.put(name, cellRow(cell('old', OLD)));
    const { held } = home.store.stall('commit');
    const retention = home.retention();
    const swept = retention.sweep();
    await held;
    const stopped = retention.stop();
    home.store.unstall();
    await Promise.all([stopped, swept]);
    expect(await home.store.namespaces()).toEqual(['b', 'c']);
    expect(retention.report()).toMatchObject({ sweep_count: 0, removed_cells: 1 });
  });
});

describe('days of a namespace', () => {
  const young = START_MS + 10 * DAY_MS;
  const put = async (home: Home) => {
    for (const name of ['short', 'usual', 'never']) await home.put(name, cellRow(cell('c', young)));
  };
  const daysOf = (name: string) => ({ short: 5, never: null })[name];
  const left = async (home: Home) => {
    const counts = [];
    for (const name of ['short', 'usual', 'never']) counts.push((await home.rows(name)).length);
    return counts;
  };

  it.each(['stored', 'open'])('stand in place of those of the settings where it is %s', async (where) => {
    const home = new Home();
    await put(home);
    if (where === 'open') for (const name of ['short', 'usual', 'never']) await home.open(name);
    const retention = home.retention({ days: 15, daysOf });
    await retention.sweep();
    expect(await left(home)).toEqual([0, 0, 1]);
    expect(home.failures).toEqual([]);
  });

  it('hold where nothing is set otherwise, and then a sweep counts and says so', async () => {
    const home = new Home();
    await put(home);
    const { days: _, ...none } = { days: 0 };
    let isSet = false;
    const options = { ...none, days: undefined as never, daysOf, isSetSomewhere: () => isSet };
    const retention = home.retention(options);
    await retention.sweep();
    expect(retention.report()).toMatchObject({ retention_enabled: false, sweep_count: 0 });
    isSet = true;
    await retention.sweep();
    expect(await left(home)).toEqual([0, 1, 1]);
    expect(retention.report()).toMatchObject({
      retention_enabled: true,
      retention_days: null,
      sweep_count: 1,
      removed_cells: 1,
    });
  });

  it('that cannot be told remove nothing there, and are a failure of that namespace alone', async () => {
    const home = new Home();
    await put(home);
    const broken = (name: string) => {
      if (name === 'never') throw new Error('the catalog cannot be read');
      return daysOf(name);
    };
    await home.retention({ days: 15, daysOf: broken }).sweep();
    expect(await left(home)).toEqual([0, 0, 1]);
    expect(home.failures).toEqual(['never: the catalog cannot be read']);
  });
});
