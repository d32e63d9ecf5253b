import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ManualClock, systemClock } from '../../src/base/clock.js';
import type { CacheCall } from '../../src/stores/cache-calls.js';
import { StorageError } from '../../src/stores/store.js';
import {
  openWorkerCache,
  WorkerCache,
  type WorkerCacheOptions,
  type WriteBehindOptions,
} from '../../src/stores/worker-cache.js';
import { CacheHome, noting } from './cache-home.js';
import { FaultyDisk } from './database-home.js';

let home: CacheHome;
beforeEach(() => {
  home = new CacheHome();
});
afterEach(() => home.remove());

const one = (key: string, bytes = 1) => [{ key, value: new Uint8Array(bytes).fill(1) }];
const has = async (cache: WorkerCache, key: string) => (await cache.getMany('a', [key]))[0] !== undefined;

describe('writing behind', () => {
  /** A disk that does nothing until the test says so; the file behind it forgets everything. */
  function openStalled(options: Partial<WriteBehindOptions> = {}) {
    const calls: CacheCall[] = [];
    const resume: (() => void)[] = [];
    const cache = new WorkerCache(
      {
        post: (call) => {
          calls.push(call);
          if (call[0] !== 'put') return Promise.resolve(call[0] === 'getMany' ? [] : undefined);
          return new Promise((resolve) => resume.push(() => resolve(0)));
        },
        stop: async () => {},
      },
      { clock: home.clock, ...options },
    );
    const written = () => calls.flatMap((call) => (call[0] === 'put' ? [call[1].map(({ key }) => key)] : []));
    return { cache, resume, written };
  }

  it('writes one batch at a time, of what has come meanwhile', async () => {
    const { cache, resume, written } = openStalled();
    cache.put('a', one('1'));
    const flushed = cache.flush();
    cache.put('a', one('2'));
    cache.put('a', one('3'));
    expect(written()).toEqual([['1']]);
    resume[0]!();
    await vi.waitFor(() => expect(written()).toEqual([['1'], ['2', '3']]));
    resume[1]!();
    await flushed;
  });

  it.each([1, 2, 3, 4, 5, 6])('writes what comes in the moment a write ends (%i)', async (turn) => {
    const { cache, resume, written } = openStalled();
    cache.put('a', one('1'));
    const first = cache.flush();
    resume[0]!();
    for (let passed = 0; passed < turn; passed += 1) await undefined;
    cache.put('a', one('2'));
    const second = cache.flush();
    await new Promise(setImmediate);
    expect(written()).toEqual([['1'], ['2']]);
    resume[1]!();
    await Promise.all([first, second]);
  });

  it('writes by itself, at once where there is much', async () => {
    const { cache, resume, written } = openStalled({ writeIntervalMs: 1 });
    cache.put('a', one('1'));
    expect(written()).toEqual([]);
    await vi.waitFor(() => expect(written()).toEqual([['1']]));
    resume[0]!();
    await new Promise(setImmediate);
    cache.put('a', one('2'));
    await vi.waitFor(() => expect(written()).toEqual([['1'], ['2']]));
    const { cache: busy, written: writtenNow } = openStalled({ writeIntervalMs: 1e6 });
    busy.put('a', one('2', 600_000));
    expect(writtenNow()).toEqual([['2']]);
  });

  it('loses the oldest while the disk stands still, and says how many', async () => {
    const { told, events } = noting();
    const { cache, resume, written } = openStalled({ maxPendingBytes: 10_000, events });
    cache.put('a', one('under way'));
    const flushed = cache.flush();
    for (let n = 0; n < 6; n++) cache.put('a', one(`${n}`, 2_500));
    cache.put('a', one('larger than all', 20_000));
    expect(told).toEqual([
      ['lost', 1],
      ['lost', 1],
      ['lost', 1],
      ['lost', 1],
    ]);
    expect(cache.health()).toMatchObject({ status: 'ok', lost: 4 });
    expect(await Promise.all(['2', '3', '5', 'larger than all'].map((key) => has(cache, key)))).toEqual([
      false,
      true,
      true,
      false,
    ]);
    resume[0]!();
    await vi.waitFor(() => expect(written()).toEqual([['under way'], ['3', '4', '5']]));
    resume[1]!();
    await flushed;
  });

  it('drops what waits before the disk is asked', async () => {
    const { cache, resume, written } = openStalled();
    cache.put('a', one('1'));
    cache.put('b', one('2'));
    await cache.drop('a');
    const flushed = cache.flush();
    resume[0]!();
    await flushed;
    expect(written()).toEqual([['2']]);
  });
});

describe('erasing', () => {
  it('lets look-ups find nothing while it goes on, and has what was put meanwhile', async () => {
    let done = () => {};
    const asked: string[] = [];
    const cache = new WorkerCache(
      {
        post: async (call) => {
          asked.push(call[0]);
          if (call[0] === 'getMany') return [new Uint8Array(1)];
          if (call[0] !== 'erase') return 0;
          await new Promise<void>((resolve) => {
            done = resolve;
          });
          return { rows: 1, bytes: 1, files: [], left: [] };
        },
        stop: async () => {},
      },
      { clock: home.clock },
    );
    cache.put('a', one('waits'));
    const erased = cache.erase('a');
    expect(await has(cache, 'waits')).toBe(false);
    expect(await cache.getMany('b', ['k'])).toEqual([undefined]);
    cache.put('a', one('new'));
    expect(await has(cache, 'new')).toBe(true);
    expect(asked).toEqual(['open', 'erase']);
    done();
    expect(await erased).toMatchObject({ rows: 1 });
    expect(await has(cache, 'k')).toBe(true);
  });

  it('that the disk does not do is told', async () => {
    const disk = new FaultyDisk();
    disk.whenOpened = 'SQLITE_READONLY';
    const cache = home.openCache(home.openFile({ connect: disk.connect }));
    await expect(cache.erase('a')).rejects.toMatchObject({ failure: 'read-only' });
    expect(cache.health().status).toBe('degraded');
  });
});

describe('a failing disk', () => {
  it('costs entries and shows, and works again by itself', async () => {
    const disk = new FaultyDisk();
    const { told, events } = noting();
    const cache = home.openCache(home.openFile({ connect: disk.connect }), { events });
    disk.whenWriting = 'SQLITE_FULL';
    cache.put('a', one('lost'));
    await cache.flush();
    expect(cache.health()).toMatchObject({
      status: 'degraded',
      lost: 1,
      detail: expect.stringContaining('the disk is full'),
    });
    expect(told).toEqual([
      ['failed', 'write', 'full'],
      ['lost', 1],
    ]);
    await expect(cache.drop('a')).rejects.toMatchObject({ failure: 'full' });
    disk.whenWriting = undefined;
    cache.put('a', one('kept'));
    await cache.flush();
    expect(await has(cache, 'kept')).toBe(true);
    expect(cache.health().status).toBe('ok');
  });

  it('that cannot be read has nothing', async () => {
    const disk = new FaultyDisk();
    disk.whenOpened = 'SQLITE_CANTOPEN';
    const cache = home.openCache(home.openFile({ connect: disk.connect }));
    expect(await has(cache, 'x')).toBe(false);
    expect(cache.health().status).toBe('degraded');
    disk.whenOpened = undefined;
    home.clock.advance(10_000);
    expect(await has(cache, 'x')).toBe(false);
    expect(cache.health()).toMatchObject({ status: 'ok' });
  });
});

describe('the cache in its worker', () => {
  const opened: WorkerCache[] = [];
  const open = (options: Partial<WorkerCacheOptions> = {}) => {
    const cache = openWorkerCache({ path: home.path, maxBytes: 1 << 24, clock: systemClock(), ...options });
    opened.push(cache);
    return cache;
  };
  afterEach(async () => {
    for (const cache of opened.splice(0)) await cache.close();
  });

  it('has after a restart what was put before it was closed', async () => {
    const first = open();
    first.put('a', one('k', 5000));
    await first.close();
    expect(await open().getMany('a', ['k'])).toEqual([new Uint8Array(5000).fill(1)]);
  });

  it('tells of a damaged file and goes on without it', async () => {
    writeFileSync(home.path, 'garbage');
    const { told, events } = noting();
    const cache = open({ events });
    cache.put('a', one('k'));
    await cache.flush();
    expect(await has(cache, 'k')).toBe(true);
    expect(told).toEqual([['setAside', expect.stringMatching(/\.damaged-/), expect.any(String)]]);
  });

  it('finds nothing while its worker is gone, and then what was written', async () => {
    const clock = new ManualClock();
    const cache = open({ clock });
    cache.put('a', one('k'));
    await cache.flush();
    const { worker } = (cache as unknown as { channel: { worker: { terminate(): Promise<number> } } })
      .channel;
    await worker.terminate();
    await vi.waitFor(async () => expect(await has(cache, 'k')).toBe(false));
    clock.advance(500);
    expect(await has(cache, 'k')).toBe(true);
  });

  it('has after kill -9 what was flushed, whole', async () => {
    const module = new URL('../../dist/stores/worker-cache.js', import.meta.url);
    const script = `
      const { openWorkerCache } = await import(${JSON.stringify(module.href)});
      const cache = openWorkerCache({ path: process.argv[1], maxBytes: 1 << 26, clock: { now: () => 0 } });
      for (let n = 0; ; n += 1) {
        cache.put('a', [{ key: 'k' + n, value: Buffer.alloc(3000, String(n)) }]);
        if (n % 7 === 0) {
          await cache.flush();
          process.stdout.write(n + '\\n');
        }
      }`;
    for (let round = 0; round < 3; round += 1) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script, home.path]);
      let output = '';
      for await (const chunk of child.stdout) {
        output += chunk;
        if (output.length > 100 * (round + 1)) break;
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
      const cache = open();
      const keys = Array.from({ length: flushed + 1 }, (_, n) => `k${n}`);
      for (const [n, value] of (await cache.getMany('a', keys)).entries()) {
        expect(Buffer.alloc(3000, String(n)).equals(value!)).toBe(true);
      }
      await cache.drop('a');
      await cache.close();
    }
  });
});

it('closes even if the channel cannot say so', async () => {
  let stopped = 0;
  const post = async () => {
    throw new StorageError('io', 'the worker stopped');
  };
  const stop = async () => {
    stopped += 1;
  };
  const cache = new WorkerCache({ post, stop }, { clock: home.clock });
  await cache.close();
  await cache.close();
  expect(stopped).toBe(1);
});
