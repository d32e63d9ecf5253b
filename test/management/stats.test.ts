import { describe, expect, it, vi } from 'vitest';
import { BY, failing, Home } from './home.js';

describe('stats', () => {
  it('are those of memory, written or not, with what is stored measured', async () => {
    const home = await Home.open();
    await home.use('acme');
    await home.use('acme');
    const usage = await home.state.usage('acme');
    const bytes = Object.values(usage.bytes).reduce((sum, some) => sum + some, 0);
    expect(await home.management.stats('acme')).toMatchObject({
      namespace_id: 'acme',
      status: 'active',
      vector_count: 1,
      active_count: 1,
      deleted_count: 0,
      cells: 1,
      impressions: 2,
      storage_bytes: bytes,
      collection_count: 0,
      feedback_total: 2,
      total_requests: 4,
      total_queries: 2,
      total_deletes: 0,
      quota_utilization: 0,
      warnings: [],
      last_used_at: new Date(home.clock.now()).toISOString(),
    });
    expect((await home.management.stats('acme')).documents_known).toBeGreaterThan(0);
  });

  it('of several measure each pool once', async () => {
    const home = await Home.open();
    await home.create('acme', { quotas: { max_vectors: 100 } });
    const names = Array.from({ length: 20 }, (_, index) => `acme.n${index}`);
    for (const name of names) await home.store(name, 1);
    const measured = vi.spyOn(home.catalog, 'descendantsOf');
    const stats = await home.management.statsOf([...names, 'acme']);
    expect(measured).toHaveBeenCalledTimes(1);
    const single = await Promise.all([...names, 'acme'].map((name) => home.management.stats(name)));
    expect(stats).toEqual(single);
  });

  it('are the same once the namespace has left memory', async () => {
    const home = await Home.open();
    await home.use('acme');
    await home.registry.peek('acme')!.flush();
    const open = await home.management.stats('acme');
    await home.registry.evict('acme', 'idle');
    expect(await home.management.stats('acme')).toEqual(open);
  });

  it('tell the largest share of a quota, its family’s too, and warn from the threshold on', async () => {
    const home = await Home.open({
      admission: {
        drain: async () => undefined,
        forget: () => undefined,
        uses: () => [],
        utilisation: (name) => ({
          share: name === 'acme.web' ? 0.1 : 0.95,
          warnings: ['max_queries_per_day of acme is used to 90 %', 'max_vectors of acme is used to 0 %'],
        }),
      },
    });
    await home.store('acme', 2);
    await home.store('acme.web', 6);
    await home.create('acme', { quotas: { max_vectors: 10, max_namespaces: 4 } });
    await home.create('acme.web', { quotas: { max_vectors: { limit: 12, warning_threshold: 0.5 } } });
    expect(await home.management.stats('acme.web')).toMatchObject({
      quota_utilization: 0.8,
      warnings: [
        'max_vectors of acme.web is used to 50 %',
        'max_vectors of acme is used to 80 %',
        'max_queries_per_day of acme is used to 90 %',
      ],
    });
    expect((await home.management.stats('acme')).quota_utilization).toBe(0.95);
  });

  it('count memory against its quota', async () => {
    const home = await Home.open();
    await home.use('acme');
    await home.create('acme', { quotas: { max_memory_mb: 1 } });
    const { bytes, cacheBytes } = home.registry.peek('acme')!;
    const { quota_utilization: share } = await home.management.stats('acme');
    expect(share).toBeCloseTo((bytes + cacheBytes) / 2 ** 20, 9);
    expect(share).toBeGreaterThan(0);
  });

  it('are unavailable where the store cannot be read', async () => {
    const home = await Home.open();
    await home.create('acme');
    await home.state.close();
    await expect(home.management.stats('acme')).rejects.toMatchObject(failing('UNAVAILABLE'));
    await expect(home.management.totals()).rejects.toMatchObject(failing('UNAVAILABLE'));
  });
});

describe('totals', () => {
  it('sum over all namespaces, at most once a minute', async () => {
    const home = await Home.open();
    await home.create('acme');
    await home.create('idle');
    await home.management.setStatus('idle', 'suspended', BY);
    await home.store('acme', 3);
    await home.store('other', 4);
    await home.use('open-one');
    home.clock.advance(1000);
    const totals = await home.management.totals();
    expect(totals).toMatchObject({
      total_namespaces: 5,
      active_namespaces: 4,
      resident_namespaces: 1,
      total_vectors: 8,
      total_requests: 2,
    });
    expect(totals.storage_bytes).toBeGreaterThanOrEqual(14);
    let asked = 0;
    const { usage } = home.state;
    home.state.usage = (name) => {
      asked++;
      return usage.call(home.state, name);
    };
    home.clock.advance(59_999);
    await home.store('other', 40);
    expect((await home.management.totals()).total_vectors).toBe(8);
    expect(asked).toBe(0);
    home.clock.advance(1);
    const [one, two] = await Promise.all([home.management.totals(), home.management.totals()]);
    expect([one.total_vectors, two.total_vectors]).toEqual([44, 44]);
    expect(asked).toBe(4);
  });

  it('are read again after a failure', async () => {
    const home = await Home.open();
    await home.store('acme', 2);
    const { usage } = home.state;
    home.state.usage = async () => {
      throw new Error('broken');
    };
    await expect(home.management.totals()).rejects.toThrow('broken');
    home.state.usage = usage;
    expect((await home.management.totals()).total_vectors).toBe(2);
  });
});

describe('the audit log', () => {
  it('is read oldest first, page by page, by namespace, actor, action and time', async () => {
    const home = await Home.open();
    await home.create('acme');
    home.clock.advance(1000);
    await home.management.update('acme', { owner: 'ann' }, { actor: 'cli:ann', requestId: 'r-2' });
    await home.create('other');
    const seqs = async (query: object) => (await home.management.audit(query)).entries.map(({ seq }) => seq);
    expect(await seqs({})).toEqual([1, 2, 3]);
    expect(await seqs({ namespace: 'acme' })).toEqual([1, 2]);
    expect(await seqs({ actor: 'cli:ann' })).toEqual([2]);
    expect(await seqs({ action: 'namespace.create' })).toEqual([1, 3]);
    expect(await seqs({ since: new Date(home.clock.now()).toISOString() })).toEqual([2, 3]);
    const page = await home.management.audit({ limit: 2 });
    expect(page.next_cursor).toBe('2');
    expect(await home.management.audit({ limit: 2, cursor: '2' })).toMatchObject({ next_cursor: null });
    for (const query of [
      { since: 'yesterday' },
      { since: '2024-13-01T00:00:00Z' },
      { cursor: '-1' },
      { limit: 0 },
    ])
      await expect(home.management.audit(query)).rejects.toMatchObject(failing('VALIDATION_ERROR'));
  });

  it('takes what was changed elsewhere', async () => {
    const home = await Home.open();
    await home.management.note('cache.purge', '', { pairs: 3 }, BY);
    await home.management.note('forget', 'acme', { cells: 1 }, BY);
    expect((await home.management.audit({})).entries).toMatchObject([
      { action: 'cache.purge', namespace: null, before: null, after: { pairs: 3 } },
      { action: 'forget', namespace: 'acme', after: { cells: 1 } },
    ]);
  });
});
