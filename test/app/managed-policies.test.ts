import { Registry } from 'prom-client';
import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/base/clock.js';
import { createLogger } from '../../src/base/log.js';
import { Metrics } from '../../src/base/metrics.js';
import { Sparingly } from '../../src/base/sparingly.js';
import { NamespaceCatalog } from '../../src/catalog/catalog.js';
import type { Policies } from '../../src/catalog/policies.js';
import type { KeptStatus } from '../../src/catalog/status.js';
import { ManagedPolicies, toNamespacePolicies } from '../../src/compose-policies.js';
import { NO_POLICIES } from '../../src/namespaces/namespace-policies.js';
import { MemoryCatalog } from '../../src/stores/catalog-memory.js';
import { MemoryCache } from '../../src/stores/memory-cache.js';
import { StorageError } from '../../src/stores/store.js';
import { TestStore } from '../fixtures/fake-stores.js';
import { Home } from '../namespaces/retention-home.js';

const KEY = { key: 'vector/a', value: Uint8Array.of(1) };
const turn = () => new Promise(setImmediate);

let catalog: NamespaceCatalog;
let store: TestStore;
let logged: string[];
let policies: ManagedPolicies;
let cache: MemoryCache;
beforeEach(async () => {
  const clock = new ManualClock();
  const names = { accepts: () => true, defaultName: 'default' };
  catalog = await NamespaceCatalog.open({ store: new MemoryCatalog(), clock, names, maxRegistered: 100 });
  store = new TestStore();
  logged = [];
  const write = (line: string) => void logged.push(line);
  policies = new ManagedPolicies(catalog, {
    store,
    metrics: new Metrics({
      registry: new Registry(),
      namespaceLabel: false,
      namespaceMax: 0,
      processMetrics: false,
    }),
    logger: createLogger({ level: 'info', destination: { write } }),
    sparingly: new Sparingly(clock, 1000),
  });
  cache = new MemoryCache({ maxBytes: 1e6, clock });
});

/** Registers it, or gives it other policies. */
async function put(id: string, own: Policies, quotas: object = {}, status: KeptStatus = 'active') {
  await catalog.change({ actor: 'cli:test', requestId: '' }, (view) => ({
    put: [
      {
        ...{ id, name: id, tenant_id: id.split('.')[0]!, parent_id: null, status, tier: null },
        ...{ metadata: {}, tags: [], owner: null, capacity: null, access: null, backend: null },
        ...{ backend_config: null, created_at: 1, updated_at: 1, declared: false },
        deletion: status === 'active' ? null : { since: 1, purge_at: 1, before: 'active' },
        quotas,
        policies: own,
        revision: (view.record(id)?.revision ?? 0) + 1,
      },
    ],
    result: undefined,
  }));
}

describe('policies of the catalog', () => {
  it('are one object while nothing changes, and the settings decide where there are none', async () => {
    await put('acme', {
      retention_days: null,
      cache_ttl_seconds: 2,
      weight_dense: 3,
      consistency: 'relaxed',
    });
    const { policiesOf, daysOf } = policies;
    expect(policiesOf('acme')).toEqual({
      ...{ retentionDays: null, cacheTtlMs: 2000, consistency: 'relaxed' },
      weights: { weightDense: 3 },
    });
    expect(policiesOf('acme')).toBe(policiesOf('acme'));
    expect([policiesOf('other'), daysOf('other'), daysOf('acme.below')]).toEqual([
      NO_POLICIES,
      undefined,
      null,
    ]);
    expect(policiesOf('other')).toBe(NO_POLICIES);
    expect(toNamespacePolicies({ scorer: 'lexical' })).toBe(NO_POLICIES);
    expect(policies.isRetentionSet()).toBe(false);
    await put('acme', { retention_days: 1 });
    expect(policies.isRetentionSet()).toBe(true);
  });

  it('keep what is cached of a namespace out of the disk, and what is there out of use', async () => {
    const kept = policies.keeping(cache);
    for (const name of ['acme', 'other']) kept.put(name, [KEY]);
    await put('acme', { cache_enabled: false });
    kept.put('acme', [{ ...KEY, key: 'vector/b' }]);
    const found = async (name: string) => [
      ...(await kept.getMany(name, ['vector/a'])),
      ...(await cache.getMany(name, ['vector/b'])),
    ];
    expect(await found('acme')).toEqual([undefined, undefined]);
    expect(await found('other')).toEqual([KEY.value, undefined]);
  });

  it('keep nothing of one that is on its way out', async () => {
    const kept = policies.keeping(cache);
    for (const status of ['active', 'pending_deletion', 'deleted'] as const) {
      await put('acme', {}, {}, status);
      kept.put('acme', [{ ...KEY, key: `vector/${status}` }]);
    }
    expect(await cache.count('acme')).toBe(1);
  });

  it('take off the disk what is cached where caches are off, once, and again where that failed', async () => {
    for (const name of ['acme', 'acme.below', 'other']) {
      cache.put(name, [KEY]);
      await store.commit(name, [{ put: { kind: 'meta', key: 'k', value: '{}' } }]);
    }
    const dropped: string[] = [];
    let isBroken = true;
    const drop = cache.drop.bind(cache);
    cache.drop = async (name) => {
      if (isBroken) throw new StorageError('io', 'no disk');
      dropped.push(name);
      await drop(name);
    };
    const watch = policies.watch(new Home().registry, cache);
    await put('acme', { cache_enabled: false });
    await turn();
    expect(logged.join('')).toContain('background cache drop failed');
    isBroken = false;
    for (let n = 0; n < 2; n++) {
      watch.retry();
      await turn();
    }
    expect(dropped).toEqual(['acme', 'acme.below']);
    expect(await cache.getMany('other', [KEY.key])).toEqual([KEY.value]);
    await put('acme', { cache_enabled: true });
    await turn();
    await put('acme', { cache_enabled: false });
    await turn();
    expect(dropped).toEqual(['acme', 'acme.below', 'acme', 'acme.below']);
    watch.stop();
    await put('other', { cache_enabled: false });
    await turn();
    expect(dropped).toHaveLength(4);
  });

  it('take off the disk what was kept while caches were on for a moment during a drop', async () => {
    const dropped: (() => void)[] = [];
    const drop = cache.drop.bind(cache);
    cache.drop = async (name) => {
      await drop(name);
      await new Promise<void>((resolve) => dropped.push(resolve));
    };
    policies.watch(new Home().registry, cache);
    const set = (isOn: boolean) => put('acme', { cache_enabled: isOn });
    await set(false);
    await turn();
    await set(true);
    policies.keeping(cache).put('acme', [KEY]);
    await set(false);
    await turn();
    expect(dropped).toHaveLength(1);
    dropped[0]!();
    await turn();
    dropped[1]!();
    await turn();
    expect([dropped.length, await cache.getMany('acme', [KEY.key])]).toEqual([2, [undefined]]);
  });

  it('are asked anew for a namespace that was purged and is there again', async () => {
    const dropped: string[] = [];
    cache.drop = async (name) => void dropped.push(name);
    policies.watch(new Home().registry, cache);
    const stored = (id: string) => store.commit(id, [{ put: { kind: 'meta', key: 'k', value: '{}' } }]);
    await stored('acme.below');
    const change = async (n: number) => {
      await put('acme', { cache_enabled: false, weight_dense: n });
      await turn();
    };
    await change(1);
    await store.drop('acme.below');
    await change(2);
    await stored('acme.below');
    await change(3);
    expect(dropped).toEqual(['acme', 'acme.below', 'acme.below']);
  });

  it('bound what families hold by all pools above, and tell of what an alert lets pass', async () => {
    const spec = { limit: 1, warning_threshold: 0.8, action: 'reject' };
    await put('acme', {}, { max_vectors: { ...spec, action: 'alert' }, max_memory_mb: spec });
    await put('acme.below', {}, { max_storage_bytes: spec, max_requests_per_second: spec });
    expect(policies.stock.quotasOf('acme.below')).toEqual([
      { pool: 'acme.below', quota: 'max_storage_bytes', limit: 1, isRefusing: true },
      { pool: 'acme', quota: 'max_vectors', limit: 1, isRefusing: false },
      { pool: 'acme', quota: 'max_memory_mb', limit: 2 ** 20, isRefusing: true },
    ]);
    expect(policies.stock.quotasOf('other')).toEqual([]);
    await policies.stock.take('acme', { cells: 1, storedBytes: 0 }, { cells: 1, storedBytes: 0 });
    expect(logged.join('')).toContain('vector quota: 1 + 1 > 1; its action is alert');
  });
});
