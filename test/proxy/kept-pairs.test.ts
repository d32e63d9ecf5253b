import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.js';
import { KeptPairs, pairPrefix } from '../../src/proxy/kept-pairs.js';
import type { CacheStore } from '../../src/stores/cache-store.js';
import { MemoryCache } from '../../src/stores/memory-cache.js';
import { openWorkerCache } from '../../src/stores/worker-cache.js';
import { PairHome } from '../fixtures/pair-home.js';
import { CacheHome } from '../stores/cache-home.js';

let disk: CacheHome;
beforeEach(() => {
  disk = new CacheHome();
});
afterEach(() => disk.remove());

const DRIVERS = {
  memory: () => new MemoryCache({ maxBytes: 1 << 20, clock: disk.clock }),
  sqlite: () => disk.openCache(),
};

describe.each(Object.entries(DRIVERS))('pairs kept in %s', (_, open) => {
  let store: CacheStore;
  beforeEach(() => {
    store = open();
  });
  const start = () => new PairHome({ store, clock: disk.clock });

  it('are known to the next process, with their age', async () => {
    const first = start();
    await first.ask('0', ['1', '2.5']);
    disk.clock.advance(60_000);
    const second = start();
    const { parts, ageMs, pairHits } = await second.ask('0', ['2.5', '1']);
    expect([[...parts.logit!], ageMs, pairHits]).toEqual([[2.5, 1], 60_000, 2]);
    expect(second.model.asked).toEqual([]);
    // From then on memory has them.
    await store.drop('default');
    expect(await second.raw('0', ['1'])).toEqual([1]);
  });

  it('are asked for with one read, and what is missing of the model', async () => {
    await start().ask('0', ['1', '2']);
    const second = start();
    let reads = 0;
    const { getMany } = store;
    store.getMany = (...args) => {
      reads++;
      return getMany.apply(store, args);
    };
    expect(await second.raw('0', ['1', '3', '2', '3'])).toEqual([1, 3, 2, 3]);
    expect([second.model.texts, reads]).toEqual([[['3']], 1]);
    await second.ask('0', ['1', '2', '3']);
    expect(reads).toBe(1);
  });

  it('are of their namespace, query and credential alone', async () => {
    await start().ask('0', ['1']);
    const second = start();
    await second.ask('0', ['1'], { namespace: 'other' });
    await second.ask('1', ['1']);
    await second.ask('0', ['1'], { wishes: { credential: 'c' } });
    expect(second.model.asked).toHaveLength(3);
  });

  it('are gone after their time and the time they may stand in', async () => {
    await start().ask('0', ['1']);
    disk.clock.advance(1_000_000);
    const second = start();
    second.model.failure = () => new Error('down');
    await expect(second.ask('0', ['1'])).rejects.toThrow('down');
  });

  it('are asked for again by nobody who knows them, though they be stale', async () => {
    const home = start();
    await home.ask('0', ['1']);
    disk.clock.advance(200_000);
    let reads = 0;
    store.getMany = async (_, keys) => {
      reads++;
      return keys.map(() => undefined);
    };
    await home.ask('0', ['1']);
    expect([home.model.asked.length, reads]).toEqual([2, 0]);
  });

  it('take room no longer than they may be answered', async () => {
    const place = { namespace: 'a', model: 'm', question: 'q' };
    const kept = new KeptPairs(store);
    const at = disk.clock.now();
    kept.write(place, [{ digest: 'd', score: 1, at }], 5000);
    kept.write(place, [{ digest: 'ageless', score: 2, at }], Number.POSITIVE_INFINITY);
    disk.clock.advance(5000);
    expect(await kept.read(place, ['d', 'ageless'], undefined)).toEqual([
      { digest: 'ageless', score: 2, at },
    ]);
  });

  it('of a list that is scored as a whole are known as a whole', async () => {
    const first = start();
    first.model.isListwise = true;
    await first.ask('0', ['1', '2']);
    const second = start();
    second.model.isListwise = true;
    expect(await second.raw('0', ['2', '1'])).toEqual([2, 1]);
    await second.ask('0', ['1']);
    expect(second.model.texts).toEqual([['1']]);
  });

  it('are purged by model and by namespace', async () => {
    const first = start();
    for (const model of ['a', 'b']) await first.ask('0', ['1'], { wishes: { model } });
    await first.ask('0', ['1'], { namespace: 'other' });
    await store.purge(pairPrefix('a'));
    await store.drop('other');
    const second = start();
    for (const model of ['a', 'b']) await second.ask('0', ['1'], { wishes: { model } });
    await second.ask('0', ['1'], { namespace: 'other' });
    expect(second.model.asked.map(({ call }) => [call.namespace, call.wishes?.model])).toEqual([
      ['default', 'a'],
      ['other', undefined],
    ]);
  });

  it('are neither read nor written where nothing may be stored', async () => {
    await start().ask('0', ['1'], { cacheControl: { noStore: true } });
    const second = start();
    await second.ask('0', ['1']);
    await start().ask('0', ['1'], { cacheControl: { noStore: true } });
    expect(second.model.asked).toHaveLength(1);
  });

  it('of a namespace that has left memory are not added to', async () => {
    const home = start();
    home.model.isHeld = true;
    const asked = home.raw('0', ['1']);
    await new Promise(setImmediate);
    home.evict();
    home.model.asked[0]!.answer();
    expect(await asked).toEqual([1]);
    await start()
      .ask('0', ['1'], { cacheControl: { onlyIfCached: true } })
      .then(
        () => expect.unreachable(),
        ({ status }) => expect(status).toBe(504),
      );
  });

  it('do not come back by a read that was under way when they were forgotten', async () => {
    await start().ask('0', ['1']);
    const home = start();
    const { getMany } = store;
    let resume = (): void => undefined;
    store.getMany = async (...args) => {
      const found = await getMany.apply(store, args);
      await new Promise<void>((resolve) => {
        resume = resolve;
      });
      return found;
    };
    const asked = home.raw('0', ['1']);
    await new Promise(setImmediate);
    home.open().scorer.clear();
    home.model.scoreOf = () => 7;
    resume();
    expect(await asked).toEqual([7]);
  });

  it('do not come back by a call that was under way when they were forgotten', async () => {
    const first = start();
    first.model.isHeld = true;
    const asked = first.raw('0', ['1']);
    await new Promise(setImmediate);
    first.open().scorer.clear();
    await store.drop('default');
    first.model.asked[0]!.answer();
    expect(await asked).toEqual([1]);
    const second = start();
    await second.ask('0', ['1']);
    expect(second.model.asked).toHaveLength(1);
  });
});

describe('a store that', () => {
  it('does not answer costs a wait once, and nothing until it does', async () => {
    const store = {
      asked: 0,
      getMany(): Promise<undefined[]> {
        store.asked++;
        return new Promise(() => {});
      },
      put: () => {},
    };
    const home = new PairHome({ store });
    const signal = AbortSignal.timeout(5000);
    expect(await home.raw('0', ['1'], { signal })).toEqual([1]);
    expect(await home.raw('0', ['2'])).toEqual([2]);
    expect(store.asked).toBe(1);
  });

  it('fails, is closed or holds something else has nothing', async () => {
    const failing = {
      getMany: () => Promise.reject(new Error('broken')),
      put: () => {
        throw new Error('closed');
      },
    };
    expect(await new PairHome({ store: failing }).raw('0', ['1'])).toEqual([1]);
    const place = { namespace: 'a', model: 'm', question: 'q' };
    const odd = new KeptPairs({
      getMany: async (_, keys) => keys.map(() => new Uint8Array(5)),
      put: () => {},
    });
    expect(await odd.read(place, ['d'], undefined)).toEqual([]);
  });
});

it('has after kill -9 the scores that were flushed, whole', async () => {
  const module = (path: string) => JSON.stringify(new URL(`../../dist/${path}`, import.meta.url).href);
  const script = `
    const { openWorkerCache } = await import(${module('stores/worker-cache.js')});
    const { KeptPairs } = await import(${module('proxy/kept-pairs.js')});
    const store = openWorkerCache({ path: process.argv[1], maxBytes: 1 << 26, clock: { now: () => 0 } });
    const kept = new KeptPairs(store);
    const place = { namespace: 'a', model: 'm', question: 'q' };
    for (let n = 0; ; n += 1) {
      kept.write(place, [{ digest: 'd' + n, score: n + 0.5, at: n }], Infinity);
      if (n % 7 === 0) {
        await store.flush();
        process.stdout.write(n + '\\n');
      }
    }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, disk.path]);
  let output = '';
  for await (const chunk of child.stdout) {
    output += chunk;
    if (output.length > 200) break;
  }
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  const flushed = Number(
    output
      .trimEnd()
      .split('\n')
      .at(output.endsWith('\n') ? -1 : -2),
  );
  expect(flushed).toBeGreaterThan(50);
  const store = openWorkerCache({ path: disk.path, maxBytes: 1 << 26, clock: systemClock() });
  const digests = Array.from({ length: flushed + 1 }, (_, n) => `d${n}`);
  const found = await new KeptPairs(store).read(
    { namespace: 'a', model: 'm', question: 'q' },
    digests,
    undefined,
  );
  expect(found).toEqual(digests.map((digest, n) => ({ digest, score: n + 0.5, at: n })));
  await store.close();
});
