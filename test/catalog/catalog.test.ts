import { describe, expect, it } from 'vitest';
import { verifyChain } from '../../src/catalog/audit-chain.js';
import { recordRow } from '../../src/catalog/record-row.js';
import { FakeCatalogStore } from './fake-catalog-store.js';
import { BY, failing, NOW, openHome, recordOf } from './home.js';

describe('the catalog', () => {
  it('writes a change and what is told of it at once, then has it in memory', async () => {
    const { catalog, store, appended, clock } = await openHome();
    clock.advance(5.5);
    const row = { kind: 'answer', key: 'k', value: '{}' } as const;
    const result = await catalog.change(BY, () => ({
      put: [recordOf('acme', { revision: 99, created_at: 1 })],
      rows: [{ put: row }],
      audit: [{ action: 'namespace.create', namespace: 'acme', after: { tier: null } }],
      result: 'made',
    }));
    expect(result).toBe('made');
    const record = recordOf('acme', { revision: 1, created_at: NOW + 5, updated_at: NOW + 5 });
    expect(catalog.record('acme')).toEqual(record);
    expect(store.commits).toEqual([[{ put: recordRow(record) }, { put: row }, { append: store.log[0] }]]);
    expect(store.log[0]).toMatchObject({
      seq: 1,
      at: NOW + 5,
      ...BY,
      action: 'namespace.create',
      namespace: 'acme',
    });
    expect(appended).toEqual(store.log);
  });

  it('is the same after it was opened anew', async () => {
    const { catalog, store, put } = await openHome();
    await put(recordOf('b'), recordOf('a.b', { tags: ['x'] }), recordOf('a'));
    await catalog.putUsage([{ id: 'a', counts: { queries: 3 } }]);
    const again = await openHome({ store });
    expect(again.catalog.records()).toEqual(catalog.records());
    expect(again.catalog.records().map(({ id }) => id)).toEqual(['a', 'a.b', 'b']);
    expect(again.catalog.usage('a')).toEqual({ queries: 3 });
    await again.put(recordOf('c'));
    expect(store.log.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(verifyChain(store.log)).toBeNull();
  });

  it('keeps who made it and counts on when a record changes', async () => {
    const { catalog, clock, put } = await openHome();
    await put(recordOf('a'));
    clock.advance(10);
    await put({ ...catalog.record('a')!, owner: 'me' });
    expect(catalog.record('a')).toMatchObject({
      owner: 'me',
      revision: 2,
      created_at: NOW,
      updated_at: NOW + 10,
    });
  });

  it('never gives a record that is made anew a revision that one of its name had', async () => {
    const { catalog, put, remove } = await openHome();
    const met: number[] = [];
    for (let round = 0; round < 3; round++) {
      await put(recordOf('a'));
      met.push(catalog.record('a')!.revision);
      await put({ ...catalog.record('a')!, owner: `${round}` });
      met.push(catalog.record('a')!.revision);
      await remove('a');
    }
    expect(met).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('makes changes one after the other, each on what the one before left', async () => {
    const { catalog } = await openHome();
    const makeOnce = () =>
      catalog.change(BY, (view) => {
        const known = view.record('a');
        return known === undefined ? { put: [recordOf('a')], result: 'made' } : { result: 'was there' };
      });
    expect(await Promise.all([makeOnce(), makeOnce(), makeOnce()])).toEqual([
      'made',
      'was there',
      'was there',
    ]);
    expect(catalog.record('a')!.revision).toBe(1);
  });

  it('shows nothing of a change before it is committed', async () => {
    const { catalog, store, put } = await openHome();
    await put(recordOf('a'));
    const open = store.stall();
    const changing = put({ ...catalog.record('a')!, status: 'suspended' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(catalog.effective('a.x').status).toBe('active');
    open();
    await changing;
    expect(catalog.effective('a.x').status).toBe('suspended');
  });

  it('lets an edit see what the catalog would become, and write that with it', async () => {
    const { catalog, store } = await openHome();
    const seen = await catalog.change(BY, () => ({
      put: [recordOf('a.b'), recordOf('a', { tier: 'free' })],
      result: '',
      becoming: (view) => ({
        result: `${view.pathOf('a.b')} ${view.effective('a.b').tier} ${view.record('a')!.revision}`,
        rows: [{ put: { kind: 'answer', key: 'k', value: `"${view.childCount('a')}"` } }],
      }),
    }));
    expect(seen).toBe('a/b free 1');
    expect(store.rows.get('answer k')!.value).toBe('"1"');
  });

  it('an edit that throws, or whose look ahead does, changes nothing', async () => {
    const { catalog, store } = await openHome();
    const fault = new Error('no');
    const thrown = catalog.change(BY, () => {
      throw fault;
    });
    await expect(thrown).rejects.toBe(fault);
    const ahead = catalog.change(BY, () => ({
      put: [recordOf('a')],
      result: 0,
      becoming: () => {
        throw fault;
      },
    }));
    await expect(ahead).rejects.toBe(fault);
    expect(catalog.records()).toEqual([]);
    expect(store.commits).toEqual([]);
  });

  it('an edit that writes nothing reaches no disk', async () => {
    const { catalog, store } = await openHome();
    expect(await catalog.change(BY, () => ({ result: 5 }))).toBe(5);
    expect(store.commits).toEqual([]);
  });

  it('remembers what holds until something changes', async () => {
    const { catalog, put } = await openHome();
    await put(recordOf('a'));
    const known = catalog.effective('a.x');
    expect(catalog.effective('a.x')).toBe(known);
    await put(recordOf('b'));
    expect(catalog.effective('a.x')).toEqual(known);
    await put({ ...catalog.record('a')!, policies: { scorer: 'lexical' } });
    expect(catalog.effective('a.x').policies).toEqual({ scorer: 'lexical' });
  });

  it('tells listeners for whom something may hold that did not', async () => {
    const { catalog, put, remove } = await openHome();
    const told: unknown[] = [];
    const stop = catalog.onChange((ids) => told.push(ids));
    await put(recordOf('a'), recordOf('shop', { parent_id: 'a', tenant_id: 'a' }));
    await put({ ...catalog.record('a')!, owner: 'me' });
    await put({ ...catalog.record('shop')!, parent_id: null });
    await remove('shop');
    await catalog.putUsage([{ id: 'a', counts: { queries: 1 } }]);
    await catalog.reload();
    stop();
    await remove('a');
    expect(told).toEqual([['a', 'shop'], ['a', 'shop'], ['shop'], ['shop'], null]);
  });

  it('tells of those that get another one above them too', async () => {
    const { catalog, put } = await openHome();
    await put(recordOf('a.b'), recordOf('shop', { parent_id: 'a.b', tenant_id: 'a' }));
    const told: unknown[] = [];
    catalog.onChange((ids) => told.push(ids));
    await put(recordOf('a'));
    expect(told).toEqual([['a', 'a.b', 'shop']]);
  });

  it('redacts what was told of a namespace before, not what the same change tells', async () => {
    const { catalog, store, put } = await openHome();
    await put(recordOf('a'), recordOf('b'));
    await catalog.change(BY, () => ({
      remove: ['a'],
      redact: 'a',
      audit: [{ action: 'namespace.purged', namespace: 'a', after: { rows: 3 } }],
      result: undefined,
    }));
    expect(store.log.map(({ values }) => values === null)).toEqual([true, false, false]);
    expect(verifyChain(store.log)).toBeNull();
    expect([...store.rows.keys()]).toEqual(['namespace b']);
  });

  it('says an answer until its time is over', async () => {
    const { catalog, clock } = await openHome();
    const row = { kind: 'answer', key: 'k', value: '1', expiresAt: NOW + 10 } as const;
    await catalog.change(BY, () => ({ rows: [{ put: row }], result: 0 }));
    expect(await catalog.answer('k')).toEqual(row);
    expect(await catalog.answer('other')).toBeUndefined();
    clock.advance(10);
    expect(await catalog.answer('k')).toBeUndefined();
  });

  it('hands sweeping, compaction and the audit log on', async () => {
    const { catalog, store, put } = await openHome();
    await put(recordOf('a'), recordOf('b'));
    expect(await catalog.audit({ namespace: 'b' }, 0, 10)).toEqual([store.log[1]]);
    expect(await catalog.sweep(5)).toBe(false);
    await catalog.compact();
    expect([store.swept, store.compactions]).toEqual([[NOW], 1]);
  });

  it('closing waits for the changes under way', async () => {
    const { catalog, store, put } = await openHome();
    const open = store.stall();
    const changing = put(recordOf('a'));
    const closing = catalog.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(store.isClosed).toBe(false);
    open();
    await Promise.all([changing, closing]);
    expect([store.isClosed, store.log.length]).toEqual([true, 1]);
  });

  it('takes no more than 1024 changes that wait', async () => {
    const { catalog, store } = await openHome();
    const open = store.stall();
    const change = (i: number) => catalog.change(BY, () => ({ put: [recordOf(`n${i}`)], result: i }));
    const changes = Array.from({ length: 1025 }, (_, i) => change(i));
    await expect(changes[1024]).rejects.toMatchObject(
      failing('UNAVAILABLE', expect.stringContaining('wait')),
    );
    open();
    await Promise.allSettled(changes);
    expect(catalog.records()).toHaveLength(1000);
  });
});

describe('a catalog whose store fails', () => {
  it.each(['full', 'read-only'] as const)(
    '(%s) has changed nothing, says 503, and goes on',
    async (failure) => {
      const { catalog, store, put } = await openHome();
      store.failingCommit = { failure, tookEffect: false };
      await expect(put(recordOf('a'))).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: `The catalog of namespaces cannot be written just now (${failure})`,
      });
      expect(catalog.record('a')).toBeUndefined();
      await put(recordOf('a'));
      expect([store.loads, catalog.record('a')?.revision]).toEqual([1, 1]);
    },
  );

  it.each([true, false])(
    'with an unknown outcome (took effect: %s) loads anew before the next change',
    async (tookEffect) => {
      const { catalog, store, put } = await openHome();
      await put(recordOf('a'));
      store.failingCommit = { failure: 'io', tookEffect };
      await expect(put(recordOf('b'))).rejects.toMatchObject(failing('UNAVAILABLE', expect.anything()));
      expect(catalog.record('b')).toBeUndefined();
      await put(recordOf('c'));
      expect(store.loads).toBe(2);
      expect(catalog.records().map(({ id }) => id)).toEqual(tookEffect ? ['a', 'b', 'c'] : ['a', 'c']);
      expect(verifyChain(store.log)).toBeNull();
    },
  );

  it('cannot go on from an unknown outcome while it cannot be read', async () => {
    const { catalog, store, put } = await openHome();
    store.failingCommit = { failure: 'io', tookEffect: false };
    await expect(put(recordOf('a'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    store.failingLoad = 'io';
    await expect(put(recordOf('b'))).rejects.toMatchObject(
      failing('UNAVAILABLE', expect.stringContaining('read')),
    );
    expect(catalog.effective('a').status).toBe('active');
    store.failingLoad = null;
    await put(recordOf('b'));
    expect(catalog.records().map(({ id }) => id)).toEqual(['b']);
  });

  it('writes nothing over a file that took the place of its own before that was read', async () => {
    const { catalog, store, put } = await openHome();
    await put(recordOf('a'));
    const suspended = recordRow({ ...catalog.record('a')!, status: 'suspended' });
    store.rows.set('namespace a', suspended);
    store.failingLoad = 'io';
    await expect(catalog.reload()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(catalog.isCurrent).toBe(false);
    await expect(put(recordOf('b'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    store.failingLoad = null;
    const changed = await catalog.change(BY, (view) => {
      const known = view.record('a')!;
      return { put: [{ ...known, owner: 'me' }], result: known.status };
    });
    expect([changed, catalog.effective('a').status, catalog.isCurrent]).toEqual([
      'suspended',
      'suspended',
      true,
    ]);
  });

  it('does not continue the audit log of a file that took the place of its own unseen', async () => {
    const { catalog, store, put } = await openHome();
    await put(recordOf('a'));
    const other = await openHome();
    await other.put(recordOf('other'));
    store.log = other.store.log;
    await expect(put({ ...catalog.record('a')!, owner: 'me' })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
    await put({ ...catalog.record('a')!, owner: 'me' });
    expect([store.log.length, verifyChain(store.log)]).toEqual([2, null]);
  });

  it('answers nothing before it was read once, and comes back by being asked', async () => {
    const store = new FakeCatalogStore();
    store.failingLoad = 'damaged';
    const { catalog, clock, put } = await openHome({ store });
    expect(catalog.isLoaded).toBe(false);
    const unread = failing('UNAVAILABLE', 'The catalog of namespaces cannot be read just now');
    const asked = [
      () => catalog.effective('a'),
      () => catalog.record('a'),
      () => catalog.records(),
      () => catalog.usage('a'),
    ];
    for (const ask of asked) expect(ask).toThrow(expect.objectContaining(unread));
    await expect(put(recordOf('a'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(catalog.audit({}, 0, 1)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    // The first question tried once; the change too; a question within the same second does not.
    expect(store.loads).toBe(3);
    store.failingLoad = null;
    clock.advance(1000);
    expect(() => catalog.effective('a')).toThrow();
    await new Promise((resolve) => setImmediate(resolve));
    expect([catalog.isLoaded, catalog.effective('a').status]).toEqual([true, 'active']);
  });

  it.each(['newer', 'closed'] as const)('(%s) does not open', async (failure) => {
    const store = new FakeCatalogStore();
    store.failingLoad = failure;
    await expect(openHome({ store })).rejects.toMatchObject({ name: 'StorageError', failure });
  });

  it('suspends what it cannot read, and all below it, and says so', async () => {
    const store = new FakeCatalogStore();
    for (const record of [recordOf('a'), recordOf('a.b'), recordOf('c')]) {
      const row = recordRow(record);
      store.rows.set(`namespace ${row.key}`, row);
    }
    store.rows.set('namespace a', { kind: 'namespace', key: 'a', value: '{"version":1}' });
    store.rows.set('usage c', { kind: 'usage', key: 'c', value: '{"queries":"many"}' });
    const { catalog, problems, put } = await openHome({ store });
    const statuses = ['a', 'a.b', 'a.x', 'c'].map((id) => catalog.effective(id).status);
    expect(statuses).toEqual(['suspended', 'suspended', 'suspended', 'active']);
    expect(catalog.usage('c')).toEqual({});
    expect(problems).toEqual([
      expect.stringMatching(/^The record of namespace "a" cannot be read: .*; it counts as suspended$/),
      'The usage of namespace "c" cannot be read',
    ]);
    await put({ ...catalog.record('a')!, status: 'active' });
    expect(catalog.effective('a.b').status).toBe('active');
  });

  it('never writes over what a newer version wrote', async () => {
    const store = new FakeCatalogStore();
    store.rows.set('namespace a', { kind: 'namespace', key: 'a', value: '{"version":2}' });
    const { put, remove } = await openHome({ store });
    const refused = failing('CONFLICT', 'A newer version of NeuralCache wrote the record of namespace a');
    await expect(put(recordOf('a'))).rejects.toMatchObject(refused);
    await expect(remove('a')).rejects.toMatchObject(refused);
  });
});
