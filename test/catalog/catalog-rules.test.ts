import { describe, expect, it, vi } from 'vitest';
import { CatalogState } from '../../src/catalog/catalog-state.js';
import type { NamespaceRecord } from '../../src/catalog/record.js';
import { failing, NOW, openHome, recordOf } from './home.js';

const spec = (limit: number) => ({ limit, warning_threshold: 0.8, action: 'reject' as const });
const leaving = (before: NamespaceRecord['status'] = 'active') => ({
  status: 'pending_deletion' as const,
  deletion: { since: NOW, purge_at: NOW + 1, before },
});
/** A refused field of 422. */
const broken = (loc: (string | number)[], msg: unknown) => ({
  code: 'VALIDATION_ERROR',
  detail: [{ loc, msg, type: 'value_error' }],
});

describe('parents', () => {
  it('that are given for a name with dots must be those it has, and are not kept', async () => {
    const { catalog, put } = await openHome();
    await put(recordOf('a'), recordOf('a.b'));
    await expect(put(recordOf('a.b.c', { parent_id: 'a' }))).rejects.toMatchObject(
      broken(['parent_id'], expect.stringContaining('must be "a.b"')),
    );
    await expect(put(recordOf('x.y', { parent_id: 'a' }))).rejects.toMatchObject(
      broken(['parent_id'], expect.stringContaining('must be left out')),
    );
    await put(recordOf('a.b.c', { parent_id: 'a.b' }));
    expect(catalog.record('a.b.c')!.parent_id).toBeNull();
    expect(catalog.parentOf('a.b.c')).toBe('a.b');
  });

  it('must be registered, and another namespace', async () => {
    const { put } = await openHome();
    await expect(put(recordOf('a', { parent_id: 'b' }))).rejects.toMatchObject(
      broken(['parent_id'], 'must be a registered namespace'),
    );
    await expect(put(recordOf('a', { parent_id: 'a' }))).rejects.toMatchObject(
      broken(['parent_id'], 'must be another namespace'),
    );
  });

  it('never make a circle, also not by a name with dots', async () => {
    const { catalog, put } = await openHome();
    const tenant = { tenant_id: 't' };
    await put(recordOf('a', tenant), recordOf('b', { ...tenant, parent_id: 'a' }));
    await expect(put({ ...catalog.record('a')!, parent_id: 'b' })).rejects.toMatchObject(
      broken(['parent_id'], 'would make a circle'),
    );
    await put(recordOf('x.y', tenant), recordOf('z', { ...tenant, parent_id: 'x.y' }));
    await expect(put(recordOf('x', { ...tenant, parent_id: 'z' }))).rejects.toMatchObject(
      broken(['parent_id'], 'would make a circle'),
    );
    expect(catalog.parentOf('x.y')).toBeNull();
    expect(catalog.childrenOf('a')).toEqual(['b']);
  });

  it('can be changed for each other in one change', async () => {
    const { catalog, put } = await openHome();
    const tenant = { tenant_id: 't' };
    await put(recordOf('a', tenant), recordOf('b', { ...tenant, parent_id: 'a' }));
    await put({ ...catalog.record('a')!, parent_id: 'b' }, { ...catalog.record('b')!, parent_id: null });
    expect([catalog.parentOf('a'), catalog.parentOf('b')]).toEqual(['b', null]);
  });

  it('stand no deeper than five, also where one comes in between', async () => {
    const { put } = await openHome();
    await put(
      recordOf('a'),
      recordOf('a.b'),
      recordOf('a.b.c.d'),
      recordOf('a.b.c.d.e'),
      recordOf('a.b.c.d.e.f'),
    );
    await expect(put(recordOf('a.b.c.d.e.f.g'))).rejects.toMatchObject(
      broken(['id'], expect.stringContaining('a line of 6')),
    );
    await expect(put(recordOf('a.b.c'))).rejects.toMatchObject(
      broken(['id'], expect.stringContaining('a line of 6')),
    );
  });

  it('are of one tenant with all below them', async () => {
    const { catalog, put } = await openHome();
    await put(recordOf('a', { tenant_id: 't' }), recordOf('x.y'), recordOf('z'));
    await expect(put(recordOf('a.b'))).rejects.toMatchObject(
      broken(['tenant_id'], 'must be "t", as that of its parent'),
    );
    await expect(put(recordOf('x', { tenant_id: 'other' }))).rejects.toMatchObject(
      broken(['tenant_id'], 'must be "x", as that of x.y below it'),
    );
    await expect(put({ ...catalog.record('z')!, parent_id: 'a' })).rejects.toMatchObject(
      broken(['tenant_id'], 'must be "t", as that of its parent'),
    );
    await put(recordOf('a.b', { tenant_id: 't' }));
    await expect(put({ ...catalog.record('a')!, tenant_id: 'u' })).rejects.toMatchObject(
      broken(['tenant_id'], 'must be "t", as that of a.b below it'),
    );
  });
});

describe('names', () => {
  it('that no request could use are not registered', async () => {
    const { put } = await openHome();
    await expect(put(recordOf('A b'))).rejects.toMatchObject(
      broken(['id'], 'is no name that requests may use'),
    );
  });
});

describe('the life of a record', () => {
  it('goes by its steps, a forced deletion taking two at once', async () => {
    const { catalog, put } = await openHome();
    const become = (fields: Partial<NamespaceRecord>) => put({ ...catalog.record('a')!, ...fields });
    await put(recordOf('a', { status: 'provisioning' }));
    await expect(become({ status: 'suspended' })).rejects.toMatchObject(
      failing('CONFLICT', 'A namespace that is provisioning cannot become suspended'),
    );
    await become({ status: 'active' });
    await become({ status: 'read_only' });
    await become(leaving('read_only'));
    await expect(become({ status: 'active', deletion: null })).rejects.toMatchObject({ code: 'CONFLICT' });
    await become({ status: 'read_only', deletion: null });
    await become({ ...leaving('read_only'), status: 'deleted' });
    await expect(become({ status: 'read_only', deletion: null })).rejects.toMatchObject(
      failing('CONFLICT', 'A namespace that is deleted cannot become read_only'),
    );
  });

  it('of the default namespace never ends', async () => {
    const { catalog, put, remove } = await openHome();
    await put(recordOf('default'));
    const named = failing('CONFLICT', 'The default namespace cannot be deleted');
    await expect(put({ ...catalog.record('default')!, ...leaving() })).rejects.toMatchObject(named);
    await expect(remove('default')).rejects.toMatchObject(named);
    await expect(put({ ...catalog.record('default')!, status: 'suspended' })).rejects.toMatchObject(
      failing('CONFLICT', 'The default namespace cannot be suspended'),
    );
    await put({ ...catalog.record('default')!, status: 'read_only' });
  });

  it('ends only where nothing stands below, and nothing new is put below what is ending', async () => {
    const { catalog, put, remove } = await openHome();
    await put(recordOf('a'), recordOf('a.b'), recordOf('a.b.c'));
    await expect(put({ ...catalog.record('a')!, ...leaving() })).rejects.toMatchObject(
      failing('CONFLICT', 'Namespace has 2 below it: a'),
    );
    await expect(remove('a')).rejects.toMatchObject(failing('CONFLICT', 'Namespace has 2 below it: a'));
    await expect(remove('a.b', 'a')).rejects.toMatchObject(
      failing('CONFLICT', 'Namespace has 1 below it: a.b'),
    );
    await put({ ...catalog.record('a.b.c')!, ...leaving() });
    await expect(put(recordOf('a.b.c.d'))).rejects.toMatchObject(
      failing('CONFLICT', 'Namespace is being deleted: a.b.c'),
    );
    await remove('a', 'a.b', 'a.b.c');
    expect(catalog.records()).toEqual([]);
  });

  it('removing what is not there is nothing', async () => {
    const { store, remove } = await openHome();
    await remove('a');
    expect(store.commits).toEqual([]);
  });
});

describe('bounds', () => {
  it('of all registered hold, however they are made', async () => {
    const { catalog, put, remove } = await openHome({ maxRegistered: 2 });
    await put(recordOf('a'), recordOf('b'));
    const over = failing('QUOTA_EXCEEDED', 'Registered namespace limit exceeded: 2 + 1 > 2');
    await expect(put(recordOf('c'))).rejects.toMatchObject(over);
    await put({ ...catalog.record('a')!, owner: 'me' });
    await remove('a');
    await put(recordOf('c'));
  });

  it('of a family hold at any depth, and tell growth from a bound that falls', async () => {
    const { catalog, put } = await openHome();
    await put(recordOf('a', { quotas: { max_namespaces: spec(2) } }), recordOf('a.b'), recordOf('a.b.c'));
    const over = failing('QUOTA_EXCEEDED', 'Namespace quota exceeded: 2 + 1 > 2');
    await expect(put(recordOf('a.b.d'))).rejects.toMatchObject(over);
    await expect(put(recordOf('shop', { tenant_id: 'a', parent_id: 'a' }))).rejects.toMatchObject(over);
    await put(recordOf('shop', { tenant_id: 'a' }));
    await expect(put({ ...catalog.record('shop')!, parent_id: 'a.b' })).rejects.toMatchObject(over);
    await expect(put({ ...catalog.record('a')!, quotas: { max_namespaces: spec(1) } })).rejects.toMatchObject(
      failing('CONFLICT', 'max_namespaces is below use: 2 > 1'),
    );
    await put({ ...catalog.record('a')!, owner: 'me' });
    const alerts = { max_namespaces: { ...spec(1), action: 'alert' as const } };
    await put({ ...catalog.record('a')!, quotas: alerts });
    await put(recordOf('a.b.d'));
  });

  it('of a new one that would stand above more than it allows are refused', async () => {
    const { put } = await openHome();
    await put(recordOf('a.b'), recordOf('a.c'));
    await expect(put(recordOf('a', { quotas: { max_namespaces: spec(1) } }))).rejects.toMatchObject({
      code: 'CONFLICT',
      message: 'max_namespaces is below use: 2 > 1',
    });
  });

  it('of a tier hold for quotas of its own and of all that inherit it', async () => {
    const { catalog, put } = await openHome();
    await put(recordOf('a', { tier: 'free' }));
    const large = { quotas: { max_vectors: spec(20_000) } };
    await expect(put(recordOf('a.b', large))).rejects.toMatchObject({
      message: 'Free tier limited to 10000 vectors',
      ...broken(['quotas', 'max_vectors'], 'Free tier limited to 10000 vectors'),
    });
    await put(recordOf('a.b', { ...large, tier: 'pro' }));
    await expect(put({ ...catalog.record('a.b')!, tier: null })).rejects.toMatchObject(
      broken(['quotas', 'max_vectors'], 'Free tier limited to 10000 vectors'),
    );
    await put({ ...catalog.record('a')!, tier: 'pro' });
    await put({ ...catalog.record('a.b')!, tier: null });
    await expect(put({ ...catalog.record('a')!, tier: 'free' })).rejects.toMatchObject(
      broken(['tier'], 'Free tier limited to 10000 vectors, and a.b below it has more'),
    );
  });
});

it('counts a bounded family once, however many of it change', async () => {
  const { put } = await openHome();
  await put(recordOf('a', { quotas: { max_namespaces: spec(100) } }));
  const below = vi.spyOn(CatalogState.prototype, 'below');
  await put(...Array.from({ length: 50 }, (_, place) => recordOf(`a.n${place}`)));
  expect(below.mock.calls.filter(([id]) => id === 'a')).toHaveLength(1);
  below.mockRestore();
});
