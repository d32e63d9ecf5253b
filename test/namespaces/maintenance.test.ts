import { beforeEach, describe, expect, it } from 'vitest';
import { Maintenance } from '../../src/namespaces/maintenance.js';
import { cellRow } from '../../src/namespaces/records.js';
import { StorageError } from '../../src/stores/store.js';
import { START_MS } from '../fixtures/memory.js';
import { settle } from './registry-fixture.js';
import { cell, Home } from './retention-home.js';

let home: Home;
let failures: string[];
let rounds: Maintenance;
beforeEach(() => {
  home = new Home();
  failures = [];
  rounds = new Maintenance({
    registry: home.registry,
    store: home.store,
    clock: home.clock,
    intervalMs: 1_000,
    retry: () => undefined,
    onFailure: (operation, error) => failures.push(`${operation}: ${error.message}`),
  });
});

/** So many rounds, far enough apart that a load is tried again. */
async function run(count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    home.clock.advance(2_000);
    await rounds.run();
    await settle();
  }
}

/** Every load fails with this; answers how many were tried. */
function failLoads(failure: 'newer' | 'io'): { count: number; end(): void } {
  const { load } = home.store;
  const loads = {
    count: 0,
    end: () => {
      home.store.load = load;
    },
  };
  home.store.load = async () => {
    loads.count += 1;
    throw new StorageError(failure, failure);
  };
  return loads;
}

/** Opens `one` and has an impression wait there. */
async function rank(): Promise<void> {
  (await home.open('one')).record({ kind: 'impression', key: 'i', value: '{}' }, null);
}

describe('a round', () => {
  it('writes what waits, and tells what could not be written', async () => {
    await rank();
    home.store.failing.add('commit');
    await run(2);
    expect(failures).toEqual(Array(2).fill('flush: no space left (commit)'));
    home.store.failing.clear();
    await run(1);
    expect((await home.store.usage('one')).rows.impression).toBe(1);
    expect(failures).toHaveLength(2);
  });

  it('leaves a namespace that cannot be loaded to its next use', async () => {
    const loads = failLoads('io');
    await home.open('one');
    await run(5);
    expect([failures, loads.count]).toEqual([[], 1]);
  });

  it('lets one go that was never loaded and holds nothing', async () => {
    failLoads('newer');
    await home.open('one');
    expect(await home.registry.evict('one', 'idle')).toBe(true);
    await rank();
    expect(await home.registry.evict('one', 'idle')).toBe(false);
  });

  it('asks for it again where impressions wait for the disk, and writes them once it works', async () => {
    const loads = failLoads('io');
    await rank();
    const before = loads.count;
    await run(5);
    expect([failures, loads.count]).toEqual([[], before + 5]);
    loads.end();
    await run(2);
    expect((await home.store.usage('one')).rows.impression).toBe(1);
    expect(failures).toEqual([]);
  });

  it('leaves one of a newer format alone whatever waits: only somebody can mend that', async () => {
    const loads = failLoads('newer');
    await rank();
    const before = loads.count;
    await run(5);
    expect([failures, loads.count]).toEqual([[], before]);
  });
});

describe('a namespace whose scorer is another one by its policies', () => {
  it('leaves memory, saved, at the next round; with a failing disk as soon as that works', async () => {
    const outdated = new Set<string>();
    const lendScorer = (name: string) => ({
      scorer: home.reranker.scorer,
      isCurrent: () => !outdated.has(name),
      giveBack: () => void outdated.delete(name),
    });
    Object.assign(home.reranker.dependencies, { lendScorer });
    await rank();
    await home.open('two');
    outdated.add('one');
    home.store.failing.add('commit');
    await run(1);
    expect(home.registry.names().sort()).toEqual(['one', 'two']);
    home.store.failing.clear();
    await run(1);
    expect(home.registry.names()).toEqual(['two']);
    expect((await home.store.usage('one')).rows.impression).toBe(1);
  });

  it('is opened again at once where nothing keeps what it knows, and knows it still', async () => {
    let revision = 1;
    const lendScorer = () => {
      const lent = revision;
      return { scorer: home.reranker.scorer, isCurrent: () => lent === revision, giveBack: () => undefined };
    };
    Object.assign(home.reranker.dependencies, { lendScorer });
    Object.defineProperty(home.store, 'durable', { value: false });
    await home.put('one', cellRow(cell('c', START_MS)));
    const before = await home.open('one');
    revision = 2;
    await run(2);
    const after = home.registry.peek('one');
    expect(after === before).toBe(false);
    expect(after?.memory.size).toBe(1);
    await home.registry.evict('one', 'idle');
    expect(await home.store.namespaces()).toEqual([]);
  });
});
