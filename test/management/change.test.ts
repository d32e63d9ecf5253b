import { describe, expect, it } from 'vitest';
import { checkIfMatch } from '../../src/management/if-match.js';
import { BY, failing, Home } from './home.js';

describe('changing a namespace', () => {
  it('changes what is given, and says what that was before', async () => {
    const home = await Home.open();
    await home.create('acme', {
      owner: 'ann',
      tags: ['a'],
      policies: { retention_days: 30, weight_dense: 2 },
    });
    home.clock.advance(5000);
    const patch = {
      owner: null,
      metadata: { a: 'b' },
      policies: { weight_dense: null, cache_enabled: false },
    };
    const namespace = await home.management.update('acme', patch, BY);
    expect(namespace).toMatchObject({ owner: null, metadata: { a: 'b' }, tags: ['a'], revision: 2 });
    expect(namespace.policies).toEqual({ retention_days: 30, cache_enabled: false });
    expect(Date.parse(namespace.updated_at!) - Date.parse(namespace.created_at!)).toBe(5000);
    const { entries } = await home.management.audit({ action: 'namespace.update' });
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({
      before: { owner: 'ann', metadata: {}, policies: { retention_days: 30, weight_dense: 2 } },
      after: { owner: null, metadata: { a: 'b' }, policies: { retention_days: 30, cache_enabled: false } },
    });
    expect(Object.keys(entries[0]!.after as object).sort()).toEqual(['metadata', 'owner', 'policies']);
  });

  it('writes and tells nothing where nothing changes', async () => {
    const home = await Home.open();
    const before = await home.create('acme', { quotas: { max_vectors: 5 }, tags: ['a'] });
    await home.management.update('acme', { tags: ['a'] }, BY);
    await home.management.setQuotas('acme', { max_vectors: { limit: 5 } }, BY);
    await home.management.setStatus('acme', 'active', BY);
    expect(await home.management.get('acme')).toEqual(before);
    expect(await home.auditRows()).toHaveLength(1);
  });

  it('registers a name in use as it is, and then changes it', async () => {
    const home = await Home.open();
    await home.use('In_Use');
    expect(await home.management.get('In_Use')).toMatchObject({
      registered: false,
      revision: 0,
      status: 'active',
    });
    const namespace = await home.management.setStatus('In_Use', 'read_only', BY);
    expect(namespace).toMatchObject({ registered: true, revision: 1, status: 'read_only' });
    expect(await home.actions('In_Use')).toEqual(['namespace.create', 'namespace.set_status']);
  });

  it('knows no name that is neither registered nor in use', async () => {
    const { management } = await Home.open();
    const unknown = failing('NOT_FOUND', 'Namespace not found: nobody');
    await expect(management.get('nobody')).rejects.toMatchObject(unknown);
    await expect(management.stats('nobody')).rejects.toMatchObject(unknown);
    await expect(management.resolve('nobody')).rejects.toMatchObject(unknown);
    await expect(management.update('nobody', {}, BY)).rejects.toMatchObject(unknown);
    await expect(management.setQuotas('nobody', {}, BY)).rejects.toMatchObject(unknown);
    await expect(management.setStatus('nobody', 'active', BY)).rejects.toMatchObject(unknown);
    await expect(management.remove('nobody', { force: true }, BY)).rejects.toMatchObject(unknown);
    await expect(management.restore('nobody', BY)).rejects.toMatchObject(unknown);
  });

  it('shows the default namespace, which there always is', async () => {
    const home = await Home.open();
    expect(await home.management.get('default')).toMatchObject({ registered: false, status: 'active' });
    await home.management.setQuotas('default', { max_vectors: 10 }, BY);
    expect((await home.management.get('default')).registered).toBe(true);
  });

  it('moves a name without dots below another of its tenant, and back', async () => {
    const home = await Home.open();
    await home.create('acme');
    await home.create('search', { tenant_id: 'acme' });
    await home.create('other');
    const moved = await home.management.update('search', { parent_id: 'acme' }, BY);
    expect(moved).toMatchObject({ parent_id: 'acme', path: 'acme/search' });
    expect(await home.management.update('search', { parent_id: null }, BY)).toMatchObject({ path: 'search' });
    for (const parent_id of ['other', 'nobody', 'search'])
      await expect(home.management.update('search', { parent_id }, BY)).rejects.toMatchObject(
        failing('VALIDATION_ERROR'),
      );
    expect(await home.management.update('search', { parent_id: 'other', tenant_id: null }, BY)).toMatchObject(
      {
        tenant_id: 'other',
        path: 'other/search',
      },
    );
  });
});

describe('quotas', () => {
  it('are replaced as a whole', async () => {
    const home = await Home.open();
    await home.create('acme', { quotas: { max_vectors: 5, max_batch_size: 3 } });
    const { quotas } = await home.management.setQuotas('acme', { max_results_per_query: null }, BY);
    expect(quotas).toEqual({
      max_results_per_query: { limit: null, warning_threshold: 0.8, action: 'reject' },
    });
  });

  it('below use are refused, unless they only warn or are not lowered', async () => {
    const home = await Home.open();
    await home.store('acme', 12);
    await home.create('acme');
    const set = (quotas: object) => home.management.setQuotas('acme', quotas, BY);
    await expect(set({ max_vectors: 11 })).rejects.toMatchObject(
      failing('CONFLICT', 'max_vectors is below use: 12 > 11'),
    );
    await expect(set({ max_storage_bytes: 23 })).rejects.toMatchObject(
      failing('CONFLICT', 'max_storage_bytes is below use: 24 > 23'),
    );
    await set({ max_vectors: { limit: 5, action: 'alert' } });
    await set({ max_vectors: 12 });
    await home.store('acme', 20);
    home.clock.advance(60_001);
    expect(
      (await set({ max_vectors: { limit: 12, warning_threshold: 0.5 } })).quotas.max_vectors,
    ).toMatchObject({
      warning_threshold: 0.5,
    });
    await expect(set({ max_vectors: 11 })).rejects.toMatchObject(failing('CONFLICT'));
  });

  it('of a lower tier bound as its own do', async () => {
    const home = await Home.open();
    await home.store('acme', 10_001);
    await home.create('acme', { tier: 'pro' });
    await expect(home.management.update('acme', { tier: 'free' }, BY)).rejects.toMatchObject(
      failing('CONFLICT', 'max_vectors is below use: 10001 > 10000'),
    );
    await home.create('other', { tier: 'pro', quotas: { max_vectors: 20_000 } });
    await expect(home.management.update('other', { tier: 'free' }, BY)).rejects.toMatchObject(
      failing('VALIDATION_ERROR', 'Free tier limited to 10000 vectors'),
    );
    expect(home.catalog.record('other')!.tier).toBe('pro');
  });

  it('that cannot be compared with what is stored are not set', async () => {
    const home = await Home.open();
    await home.create('acme');
    await home.state.close();
    await expect(home.management.setQuotas('acme', { max_vectors: 1 }, BY)).rejects.toMatchObject(
      failing('UNAVAILABLE'),
    );
  });
});

describe('the status', () => {
  it('goes from any of active, read_only, suspended to any other, and from provisioning to active alone', async () => {
    const home = await Home.open();
    await home.create('acme', { status: 'provisioning' });
    await expect(home.management.setStatus('acme', 'suspended', BY)).rejects.toMatchObject(
      failing('CONFLICT', 'A namespace that is provisioning cannot become suspended'),
    );
    for (const status of [
      'active',
      'read_only',
      'suspended',
      'active',
      'suspended',
      'read_only',
      'active',
    ] as const)
      expect((await home.management.setStatus('acme', status, BY)).status).toBe(status);
    for (const status of ['provisioning', 'pending_deletion', 'deleted', 'degraded'] as const)
      await expect(home.management.setStatus('acme', status, BY)).rejects.toMatchObject(
        failing('VALIDATION_ERROR'),
      );
  });

  it('is that of those above where it allows less, and degraded where the store fails', async () => {
    const home = await Home.open({ isDegraded: (name) => name === 'acme.web' });
    await home.create('acme');
    await home.create('acme.web');
    expect((await home.management.get('acme.web')).status).toBe('degraded');
    expect((await home.management.resolve('acme.web')).status).toBe('degraded');
    await home.management.setStatus('acme', 'suspended', BY);
    const child = await home.management.get('acme.web');
    expect(child.status).toBe('suspended');
    expect(child.effective.status).toEqual({ value: 'suspended', from: 'acme' });
  });
});

describe('If-Match', () => {
  it('keeps a change from being made over another', async () => {
    const home = await Home.open();
    const { revision } = await home.create('acme');
    const ifMatch = `"${revision}"`;
    await home.management.update('acme', { owner: 'ann' }, { ...BY, ifMatch });
    const stale = failing('PRECONDITION_FAILED');
    const call = { ...BY, ifMatch };
    await expect(home.management.update('acme', { owner: 'bob' }, call)).rejects.toMatchObject(stale);
    await expect(home.management.setQuotas('acme', {}, call)).rejects.toMatchObject(stale);
    await expect(home.management.setStatus('acme', 'active', call)).rejects.toMatchObject(stale);
    await expect(home.management.remove('acme', { force: false }, call)).rejects.toMatchObject(stale);
    await expect(home.management.remove('acme', { force: true }, call)).rejects.toMatchObject(stale);
    await expect(home.management.restore('acme', call)).rejects.toMatchObject(stale);
    expect(await home.management.get('acme')).toMatchObject({ owner: 'ann', revision: 2, status: 'active' });
    const one = await Promise.allSettled(
      ['x', 'y'].map((owner) => home.management.update('acme', { owner }, { ...BY, ifMatch: '"2"' })),
    );
    expect(one.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it.each(['*', ' * ', '"3"', '"1", "3"', '"1","3" ', 'W/"3", "3"', '"a,b", "3"'])(
    'holds for %s',
    (header) => {
      expect(() => checkIfMatch(header, 3)).not.toThrow();
    },
  );

  it.each(['"1"', '""', 'W/"3"', '"33"', ''])('does not hold for %s', (header) => {
    expect(() => checkIfMatch(header, 3)).toThrow(expect.objectContaining({ code: 'PRECONDITION_FAILED' }));
  });

  it.each(['3', '"3', '"1" "3"', '*, "3"'])('is no such header as %s', (header) => {
    expect(() => checkIfMatch(header, 3)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }));
  });
});
