import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryCatalog } from '../../src/stores/catalog-memory.js';
import { StorageError } from '../../src/stores/store.js';
import { gate } from '../namespaces/registry-fixture.js';
import { BY, failing, GRACE_S, Home } from './home.js';

describe('the sweeper', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Lets time pass, for clock and timers alike, and what follows from it happen. */
  async function pass(home: Home, ms: number): Promise<void> {
    home.clock.advance(ms);
    await vi.advanceTimersByTimeAsync(ms);
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
  }

  it('purges those below before those above', async () => {
    const home = await Home.open();
    const failed: string[] = [];
    const own = await home.again({ events: { failed: (what, id) => void failed.push(`${what} ${id}`) } });
    for (const id of ['acme', 'acme.web', 'acme.web.europe']) await own.create(id);
    const now = Math.floor(own.clock.now());
    const deletion = { since: now, purge_at: now + 5000, before: 'active' } as const;
    await own.catalog.change({ actor: 'file', requestId: '' }, (view) => ({
      put: view.records().map((record) => ({ ...record, status: 'pending_deletion' as const, deletion })),
      result: undefined,
    }));
    own.management.start();
    await pass(own, 5000);
    for (let i = 0; i < 3; i++) await pass(own, 1000);
    expect([own.catalog.records(), failed]).toEqual([[], []]);
    await own.management.stop();
  });

  it('finishes at the start what was cut short, and purges what is due when it is', async () => {
    const home = await Home.open();
    await home.create('cut');
    await home.store('cut', 2);
    const broken = await home.again({
      cache: {
        erase: async () => {
          throw new Error('gone');
        },
        count: async () => 0,
      },
    });
    await expect(broken.purge('cut')).rejects.toThrow('gone');
    const restarted = await home.again();
    restarted.management.start();
    await pass(restarted, 0);
    expect(restarted.catalog.record('cut')).toBeUndefined();
    await restarted.create('later');
    await restarted.create('soon');
    await restarted.management.remove('later', { force: false }, BY);
    await restarted.management.remove('soon', { force: false, graceS: 5 }, BY);
    await pass(restarted, 4999);
    expect(restarted.catalog.record('soon')?.status).toBe('pending_deletion');
    await pass(restarted, 1);
    expect(restarted.catalog.record('soon')).toBeUndefined();
    expect(restarted.catalog.record('later')?.status).toBe('pending_deletion');
    await pass(restarted, 60_000);
    await pass(restarted, GRACE_S * 1000 - 65_000);
    expect(restarted.catalog.record('later')).toBeUndefined();
    await restarted.management.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('waits a second at least before it tries what failed again', async () => {
    const home = await Home.open();
    let tries = 0;
    const broken = await home.again({
      cache: {
        erase: async () => {
          tries++;
          throw new Error('gone');
        },
        count: async () => 0,
      },
    });
    await broken.create('acme');
    await broken.management.remove('acme', { force: false, graceS: 0 }, BY);
    broken.management.start();
    await pass(broken, 0);
    expect(tries).toBe(1);
    await pass(broken, 59_999);
    expect(tries).toBe(1);
    await pass(broken, 1);
    expect(tries).toBe(2);
    await broken.management.stop();
    await pass(broken, 600_000);
    expect(tries).toBe(2);
  });

  it('begins nothing more once it is to stop, and ends after the purge that is erasing', async () => {
    const home = await Home.open();
    const erased = gate();
    const slow = await home.again({
      admission: {
        drain: (id) => (id === 'three' ? new Promise(() => undefined) : Promise.resolve()),
        forget: () => undefined,
        utilisation: () => ({ share: 0, warnings: [] }),
        uses: () => [],
      },
      cache: {
        async erase() {
          await erased.promise;
          return { rows: 0, bytes: 0, files: [], left: [] };
        },
        count: async () => 0,
      },
    });
    for (const id of ['one', 'three', 'two']) {
      await slow.create(id);
      await slow.store(id, 1);
      await slow.management.remove(id, { force: false, graceS: 0 }, BY);
    }
    slow.management.start();
    await pass(slow, 0);
    expect(slow.catalog.record('one')?.status).toBe('deleted');
    let isStopped = false;
    const stopped = slow.management.stop().then(() => {
      isStopped = true;
    });
    await pass(slow, 0);
    expect(isStopped).toBe(false);
    erased.open();
    await stopped;
    expect(slow.catalog.record('one')).toBeUndefined();
    // Waiting for its turn, and for the requests inside.
    expect(slow.catalog.record('two')?.status).toBe('deleted');
    expect(slow.catalog.record('three')?.status).toBe('deleted');
    expect(await slow.state.namespaces()).toEqual(['three', 'two']);
    const shuttingDown = failing('UNAVAILABLE', expect.stringContaining('shutting down'));
    await expect(slow.purge('two')).rejects.toMatchObject(shuttingDown);
  });

  it('leaves alone what is restored before its turn', async () => {
    const home = await Home.open();
    await home.create('acme');
    await home.management.remove('acme', { force: false, graceS: 0 }, BY);
    const [restored] = await Promise.all([home.management.restore('acme', BY), home.management.sweep()]);
    expect(restored.status).toBe('active');
    expect(home.catalog.record('acme')?.status).toBe('active');
    expect(home.failures).toEqual([]);
  });

  it('removes answers whose day is over', async () => {
    const home = await Home.open();
    await home.management.create({ id: 'acme' }, { ...BY, idempotencyKey: 'k' });
    const { value } = (await home.kept.get('answer', 'of/acme'))!;
    const key = JSON.parse(value) as string;
    expect(await home.kept.get('answer', key)).toBeDefined();
    home.clock.advance(86_400_000);
    await home.management.sweep();
    expect(await home.kept.get('answer', key)).toBeUndefined();
  });

  it('loads the catalog where that could not be done before', async () => {
    const kept = new MemoryCatalog();
    const home = await Home.open({ kept });
    await home.create('acme');
    await home.management.remove('acme', { force: false, graceS: 0 }, BY);
    let isAway = true;
    const away = Object.create(kept) as MemoryCatalog;
    away.load = () => (isAway ? Promise.reject(new StorageError('io', 'away')) : kept.load());
    const restarted = await home.again({ kept: away });
    await restarted.management.sweep();
    expect(restarted.failures).toEqual([
      'sweep null: The catalog of namespaces cannot be read just now (io)',
    ]);
    isAway = false;
    await restarted.management.sweep();
    expect(restarted.catalog.records()).toEqual([]);
  });
});
