import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppHome, until } from './app-home.js';
import { DOCUMENTS } from './running-app.js';

const QUERY = 'boats on the water';

let home: AppHome;
beforeEach(() => {
  home = new AppHome();
});
afterEach(() => home.remove());

describe('/metrics', () => {
  it('counts texts and pairs looked up, known or not', async () => {
    const app = await home.start();
    await app.rank('a', QUERY);
    await app.rank('a', QUERY);
    await app.rank('a', 'the sky at night');
    const metrics = await app.metrics();
    const lookups = (cache: string, outcome: string) =>
      metrics.get(`neuralcache_cache_lookups_total{cache="${cache}",outcome="${outcome}"}`);
    // 12 documents: new once, known twice; as pairs new with each of the two queries.
    expect([lookups('texts', 'miss'), lookups('texts', 'hit')]).toEqual([12, 24]);
    expect([lookups('pairs', 'miss'), lookups('pairs', 'hit')]).toEqual([24, 12]);
    expect(metrics.get('neuralcache_rerank_requests_total{endpoint="/rerank",status="success"}')).toBe(3);
    expect(metrics.get('neuralcache_rerank_documents_per_request_sum{endpoint="/rerank"}')).toBe(36);
    expect(metrics.get('neuralcache_rerank_latency_seconds_count{endpoint="/rerank"}')).toBe(3);
  });

  it('says in the answer what the caches knew', async () => {
    const app = await home.start();
    const cacheOf = async (documents: readonly unknown[]) => {
      const { body } = await app.post('/ns/a/rerank', { query: QUERY, documents });
      return body.meta.cache;
    };
    expect(await cacheOf(DOCUMENTS.slice(0, 4))).toBe('miss');
    expect(await cacheOf(DOCUMENTS)).toBe('partial');
    expect(await cacheOf(DOCUMENTS)).toBe('hit');
  });

  it('counts feedback by outcome, what it ranked, and what the memory moved', async () => {
    const app = await home.start();
    await app.teach('a', QUERY, ['d9'], 4);
    const { requestId } = await app.rank('a', QUERY);
    for (const selected_ids of [['x'], ['d9'], ['d9']]) {
      await app.feedback('a', { request_id: requestId, selected_ids });
    }
    await app.feedback('a', { request_id: 'none', selected_ids: [] });
    const metrics = await app.metrics();
    const counts = Object.fromEntries(
      ['applied', 'duplicate', 'unknown', 'invalid', 'failed'].map((outcome) => [
        outcome,
        metrics.get(`neuralcache_feedback_events_total{outcome="${outcome}"}`),
      ]),
    );
    expect(counts).toEqual({ applied: 5, duplicate: 1, unknown: 1, invalid: 1, failed: undefined });
    expect(metrics.get('neuralcache_feedback_reciprocal_rank_count{arm="memory"}')).toBe(5);
    expect(metrics.get('neuralcache_memory_adapted_total')).toBeGreaterThanOrEqual(1);
  });

  it('shows how many namespaces are in memory, and what they hold', async () => {
    const app = await home.start();
    const before = (await app.metrics()).get('neuralcache_namespaces_resident');
    for (const name of ['a', 'b', 'c']) await app.teach(name, QUERY, ['d9'], 1);
    const metrics = await app.metrics();
    expect([before, metrics.get('neuralcache_namespaces_resident')]).toEqual([0, 3]);
    expect(metrics.get('neuralcache_namespaces_resident_bytes')).toBeGreaterThan(10_000);
  });

  it('names no namespace unless asked to', async () => {
    const app = await home.start();
    await app.rank('secret-name', QUERY);
    expect((await app.client.get('/metrics')).text).not.toContain('secret-name');
  });

  it('names as many as METRICS_NAMESPACE_MAX allows, from their first request until they are evicted', async () => {
    const app = await home.start({
      METRICS_NAMESPACE_LABEL: 'true',
      METRICS_NAMESPACE_MAX: '2',
      NAMESPACE_IDLE_TTL_S: '60',
      STORAGE_FLUSH_INTERVAL_MS: '10',
    });
    for (const name of ['a', 'b', 'c', 'd']) {
      await app.rank(name, QUERY);
      await app.feedback(name, { query: QUERY, selected_ids: ['d3'] });
    }
    const documentsOf = async () => {
      const metrics = [...(await app.metrics())];
      const sums = metrics.filter(([name]) =>
        name.startsWith('neuralcache_rerank_documents_per_request_sum'),
      );
      return Object.fromEntries(sums.map(([name, value]) => [/namespace="([^"]*)"/.exec(name)?.[1], value]));
    };
    expect(await documentsOf()).toEqual({ a: 12, b: 12, __other__: 24 });
    expect([...(await app.metrics()).keys()].filter((name) => name.includes('namespace="c"'))).toEqual([]);

    home.clock.advance(59_000);
    await app.rank('b', QUERY);
    home.clock.advance(1_000);
    await until('a is gone', async () => !('a' in (await documentsOf())));
    expect([...(await app.metrics()).keys()].filter((name) => name.includes('namespace="a"'))).toEqual([]);
    await app.rank('e', QUERY);
    expect(await documentsOf()).toEqual({ b: 24, e: 12, __other__: 24 });
  });

  it('is a 404 where metrics are off', async () => {
    const app = await home.start({ METRICS_ENABLED: 'false', STORAGE_BACKEND: 'memory' });
    const { status, body } = await app.client.get('/metrics');
    expect([status, body.error.code]).toEqual([404, 'NOT_FOUND']);
  });
});

describe('/metrics/retention', () => {
  it('says that nothing is removed by age', async () => {
    const app = await home.start({ STORAGE_BACKEND: 'memory' });
    const { status, body } = await app.client.get('/metrics/retention');
    expect([status, body]).toEqual([
      200,
      expect.objectContaining({ retention_enabled: false, retention_days: null, sweep_count: 0 }),
    ]);
  });
});
