import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NO_RESIDENTS } from '../../src/management/management-options.js';
import { MemoryCache } from '../../src/stores/memory-cache.js';
import { StorageError } from '../../src/stores/store.js';
import { gate } from '../namespaces/registry-fixture.js';
import { DRIVERS, type Stores } from './drivers.js';
import { BY, failing, Home } from './home.js';
import { Killed, Mortal } from './mortal.js';

describe.each(DRIVERS)('a purge (%s)', (_name, open) => {
  let stores: Stores;
  let home: Home;
  beforeEach(async () => {
    stores = await open();
    home = await Home.open(stores);
  });
  afterEach(() => stores.close());

  it('erases again what was cached in between, and does not count as done while anything is', async () => {
    await home.create('acme');
    const kept = new MemoryCache({ maxBytes: 1 << 20, clock: home.clock });
    let stragglers = 1;
    const put = () => kept.put('acme', [{ key: 'vector/late', value: Uint8Array.of(1, 2) }]);
    put();
    const caching = await home.again({
      cache: {
        async erase(name) {
          const erased = await kept.erase(name);
          if (stragglers-- > 0) put();
          return erased;
        },
        count: (name) => kept.count(name),
      },
    });
    expect(await caching.purge('acme')).toMatchObject({
      erased: { bytes: 4, cached_pairs: 2 },
      verified: true,
    });
    await caching.create('acme');
    stragglers = 2;
    put();
    await expect(caching.purge('acme')).rejects.toMatchObject(failing('UNAVAILABLE'));
    expect(caching.catalog.record('acme')?.status).toBe('deleted');
    expect((await caching.purge('acme')).verified).toBe(true);
    expect(await kept.count('acme')).toBe(0);
  });

  it('is gone on with by whoever asks again, where it was cut short', async () => {
    await home.create('acme');
    await home.store('acme', 2);
    const dying = new Mortal(2, false);
    await expect((await home.again(dying.options(home))).purge('acme')).rejects.toBeInstanceOf(Killed);
    const restarted = await home.again({ residents: NO_RESIDENTS });
    expect(restarted.catalog.record('acme')?.status).toBe('deleted');
    const stale = restarted.management.remove('acme', { force: true }, { ...BY, ifMatch: '"99"' });
    await expect(stale).rejects.toMatchObject(failing('PRECONDITION_FAILED'));
    const answers = await Promise.allSettled([restarted.purge('acme'), restarted.purge('acme')]);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(restarted.catalog.record('acme')).toBeUndefined();
    expect(await home.actions('acme')).toEqual([
      'namespace.create',
      'namespace.purge_begun',
      'namespace.purged',
    ]);
  });

  it('is done once nothing is left, though the catalog could not be compacted yet', async () => {
    await home.create('acme');
    let isBroken = true;
    const kept = Object.assign(Object.create(home.kept), {
      async compact() {
        if (isBroken) throw new StorageError('io', 'away');
        await home.kept.compact();
      },
    });
    const broken = await home.again({ kept });
    expect(await broken.purge('acme')).toMatchObject({ id: 'acme', verified: false });
    expect(broken.failures).toEqual([
      'sweep null: The catalog of namespaces cannot be compacted just now (io)',
    ]);
    expect(broken.purged).toEqual(['acme']);
    expect(await home.kept.get('answer', 'compaction')).toBeDefined();
    isBroken = false;
    await broken.management.sweep();
    expect(await home.kept.get('answer', 'compaction')).toBeUndefined();
    await broken.create('acme');
  });

  it('holds up no other while its requests take their time, and compacts once for all in line', async () => {
    const ids = ['one', 'two', 'three', 'four'];
    const drained = gate();
    const compact = vi.spyOn(home.kept, 'compact');
    const slow = await home.again({
      admission: {
        drain: (id) => (id === 'one' ? drained.promise : Promise.resolve()),
        forget: () => undefined,
        utilisation: () => ({ share: 0, warnings: [] }),
        uses: () => [],
      },
    });
    for (const id of ids) {
      await slow.create(id);
      await slow.management.remove(id, { force: false, graceS: 0 }, BY);
    }
    const swept = slow.management.sweep();
    await expect.poll(() => slow.catalog.records().map(({ id }) => id)).toEqual(['one']);
    expect((await slow.management.get('one')).status).toBe('deleted');
    drained.open();
    await swept;
    expect(slow.catalog.records()).toEqual([]);
    expect(compact.mock.calls.length).toBeLessThan(ids.length);
    expect(slow.failures).toEqual([]);
    expect(await home.kept.get('answer', 'compaction')).toBeUndefined();
  });
});
