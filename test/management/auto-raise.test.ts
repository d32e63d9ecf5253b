import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { newRecord } from '../../src/catalog/record.js';
import { raisedQuotas } from '../../src/management/auto-raise.js';
import { Home } from './home.js';

const RAISE = { above: 0.85, factor: 1.5, ceiling: 30 };
const quota = (limit: number) => ({ max_vectors: { limit, auto_raise: RAISE } });

describe('a quota that raises itself', () => {
  afterEach(() => vi.useRealTimers());

  it('is raised by the sweep once its use is near, told of once, and never beyond its ceiling', async () => {
    const home = await Home.open();
    await home.create('acme', { quotas: quota(10) });
    await home.store('acme', 8);
    await home.management.sweep();
    expect(home.catalog.record('acme')!.quotas.max_vectors!.limit).toBe(10);
    await home.store('acme.web', 1); // 9 of 10 are 90 %, 9 of 15 are not 85 %.
    home.clock.advance(60_000);
    await home.management.sweep();
    await home.management.sweep();
    expect(home.catalog.record('acme')!.quotas.max_vectors!.limit).toBe(15);
    const { entries } = await home.management.audit({ action: 'namespace.auto_raise' });
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({
      actor: 'system',
      namespace: 'acme',
      before: { quotas: { max_vectors: { limit: 10 } } },
      after: { quotas: { max_vectors: { limit: 15 } } },
    });
    await home.store('acme', 100);
    home.clock.advance(60_000);
    await home.management.sweep();
    expect(home.catalog.record('acme')!.quotas.max_vectors!.limit).toBe(30);
  });

  it('is looked at after growth, once a second at most, wherever in the family that was', async () => {
    const home = await Home.open();
    await home.create('acme', { quotas: quota(2) });
    await home.use('acme.web');
    home.management.noteGrowth('acme.web');
    await home.management.stop();
    expect(home.catalog.record('acme')!.quotas.max_vectors!.limit).toBe(2);
    await home.use('acme.raw');
    home.management.noteGrowth('acme.raw');
    await home.management.stop();
    expect(home.catalog.record('acme')!.quotas.max_vectors!.limit).toBe(2);
    home.clock.advance(1000);
    home.management.noteGrowth('acme.raw');
    await home.management.stop();
    expect(home.catalog.record('acme')!.quotas.max_vectors!.limit).toBe(3);
  });

  it('is looked at once the pause is over, when growth came within it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const home = await Home.open();
    await home.create('acme', { quotas: quota(2) });
    await home.use('acme.web');
    home.management.noteGrowth('acme.web');
    await home.use('acme.raw');
    home.management.noteGrowth('acme.raw');
    home.clock.advance(1000);
    vi.advanceTimersByTime(1000);
    await home.management.stop();
    expect(home.catalog.record('acme')!.quotas.max_vectors!.limit).toBe(3);
  });

  it('raises the number of namespaces as they are made', async () => {
    const home = await Home.open();
    await home.create('acme', { quotas: { max_namespaces: { limit: 1, auto_raise: RAISE } } });
    await home.create('acme.one');
    await home.management.stop();
    expect(home.catalog.record('acme')!.quotas.max_namespaces!.limit).toBe(2);
    await home.create('acme.two');
  });

  it('is told of where it cannot be measured, and stays', async () => {
    const home = await Home.open();
    await home.create('acme', { quotas: quota(1) });
    await home.store('acme', 1);
    await home.state.close();
    await home.management.sweep();
    expect(home.failures).toEqual([
      'auto-raise acme: The state of namespaces cannot be read just now (closed); try again',
    ]);
  });

  it('ends where its use is not near any more or at its ceiling, and never falls', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1000 }),
        fc.integer({ min: 0, max: 1e9 }),
        fc.double({ min: 0.001, max: 1, noNaN: true }),
        fc.double({ min: 1, minExcluded: true, max: 10, noNaN: true }),
        fc.integer({ min: 0, max: 1e12 }),
        (limit, used, above, factor, more) => {
          const ceiling = limit + more;
          const spec = {
            limit,
            warning_threshold: 0.8,
            action: 'reject' as const,
            auto_raise: { above, factor, ceiling },
          };
          const record = { ...newRecord('acme', 'acme', 0), quotas: { max_vectors: spec } };
          const use = { max_vectors: used, max_storage_bytes: 0, max_memory_mb: 0, max_namespaces: 0 };
          const raised = raisedQuotas(record, use).max_vectors?.limit ?? limit;
          expect(raised).toBeGreaterThanOrEqual(limit);
          expect(raised).toBeLessThanOrEqual(ceiling);
          expect(raised === ceiling || used < above * raised).toBe(true);
          if (used < above * limit) expect(raised).toBe(limit);
        },
      ),
    );
  });
});
