import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { METRICS } from '../../src/base/metric-table.js';
import { Metrics } from '../../src/base/metrics.js';

function setUp(options: { namespaceLabel?: boolean; namespaceMax?: number; processMetrics?: boolean } = {}) {
  const registry = new Registry();
  const metrics = new Metrics({
    registry,
    namespaceLabel: false,
    namespaceMax: 2,
    processMetrics: false,
    ...options,
  });
  /** Lines of one metric, `# …` lines and zeros of untouched series left out. */
  const lines = async (name: string) =>
    (await metrics.text()).text.split('\n').filter((line) => line.startsWith(name));
  return { metrics, registry, lines };
}

describe('metrics', () => {
  it('of the table are all registered with their type and help', async () => {
    const { metrics } = setUp();
    const { text, contentType } = await metrics.text();
    for (const { name, type, help } of Object.values(METRICS)) {
      expect(text).toContain(`# HELP ${name} ${help}`);
      expect(text).toContain(`# TYPE ${name} ${type}`);
    }
    expect(contentType).toContain('text/plain');
  });

  it('count rerank calls by success and all calls by status', async () => {
    const { metrics, lines } = setUp();
    metrics.requestFinished('/rerank', 200, 0.002, 'a', true);
    metrics.requestFinished('/rerank', 422, 0.001, 'a', true);
    metrics.requestFinished('/rerank', 499, 0.001, undefined, true);
    metrics.requestFinished('/feedback', 200, 0.001, 'a');
    expect(await lines('neuralcache_rerank_requests_total')).toEqual([
      'neuralcache_rerank_requests_total{endpoint="/rerank",status="success"} 1',
      'neuralcache_rerank_requests_total{endpoint="/rerank",status="error"} 2',
    ]);
    expect(await lines('neuralcache_http_requests_total')).toContain(
      'neuralcache_http_requests_total{endpoint="/feedback",status="200"} 1',
    );
    expect(await lines('neuralcache_rerank_latency_seconds_count')).toEqual([
      'neuralcache_rerank_latency_seconds_count{endpoint="/rerank"} 3',
    ]);
    expect(await lines('neuralcache_rerank_latency_seconds_sum')).toEqual([
      'neuralcache_rerank_latency_seconds_sum{endpoint="/rerank"} 0.004',
    ]);
  });

  it('show each series from its first use on, in that order, and all that was added until it is read', async () => {
    const { metrics, lines } = setUp({ namespaceLabel: true });
    metrics.namespaceOpened('a');
    metrics.namespaceOpened('b');
    metrics.feedbackFinished('applied', 'a');
    metrics.feedbackFinished('applied', 'b');
    metrics.feedbackFinished('ignored_source', 'a');
    metrics.pairsEvicted(0);
    const events = 'neuralcache_feedback_events_total';
    const [a, b, other] = [
      `${events}{outcome="applied",namespace="a"}`,
      `${events}{outcome="applied",namespace="b"}`,
      `${events}{outcome="ignored_source",namespace="a"}`,
    ];
    expect(await lines(events)).toEqual([`${a} 1`, `${b} 1`, `${other} 1`]);
    expect(await lines('neuralcache_pair_evictions_total')).toEqual([
      'neuralcache_pair_evictions_total 0',
    ]);
    metrics.feedbackFinished('applied', 'b');
    metrics.feedbackFinished('applied', 'b');
    expect(await lines(events)).toEqual([`${a} 1`, `${b} 3`, `${other} 1`]);
    metrics.feedbackFinished('applied', 'a');
    metrics.namespaceClosed('a', 'idle');
    expect(await lines(events)).toEqual([`${b} 3`]);
  });

  it.each(['texts', 'pairs', 'vectors'] as const)(
    'of look-ups name the cache of %s in their help',
    async (cache) => {
      const { metrics, lines } = setUp();
      metrics.cacheLookups(cache, { hit: 1 }, 'a');
      const [help] = await lines('# HELP neuralcache_cache_lookups_total');
      expect(help).toContain(cache);
    },
  );

  it('count documents, feedbacks, caches and what memory did', async () => {
    const { metrics, lines } = setUp();
    metrics.documentsRanked('/rerank', 7, 'a');
    metrics.feedbackFinished('applied', 'a');
    metrics.feedbackFinished('applied', 'b');
    metrics.cacheLookups('pairs', { hit: 3, miss: 0 }, 'a');
    metrics.cacheLookups('pairs', { hit: 1, miss: 2 }, 'a');
    metrics.memoryAdapted('a');
    metrics.selectionRanked('memory', 0.5, 'a');
    metrics.storageFailed('commit');
    metrics.stateQuarantined();
    expect(await lines('neuralcache_rerank_documents_per_request_bucket{le="10"')).toEqual([
      'neuralcache_rerank_documents_per_request_bucket{le="10",endpoint="/rerank"} 1',
    ]);
    expect(await lines('neuralcache_feedback_events_total')).toEqual([
      'neuralcache_feedback_events_total{outcome="applied"} 2',
    ]);
    expect(await lines('neuralcache_cache_lookups_total')).toEqual([
      'neuralcache_cache_lookups_total{cache="pairs",outcome="hit"} 4',
      'neuralcache_cache_lookups_total{cache="pairs",outcome="miss"} 2',
    ]);
    expect(await lines('neuralcache_memory_adapted_total')).toEqual(['neuralcache_memory_adapted_total 1']);
    expect(await lines('neuralcache_feedback_reciprocal_rank_sum')).toEqual([
      'neuralcache_feedback_reciprocal_rank_sum{arm="memory"} 0.5',
    ]);
    expect(await lines('neuralcache_storage_errors_total')).toEqual([
      'neuralcache_storage_errors_total{operation="commit"} 1',
    ]);
    expect(await lines('neuralcache_storage_quarantined_total')).toEqual([
      'neuralcache_storage_quarantined_total 1',
    ]);
  });

  it('count what models did, and read their processes at each scrape', async () => {
    const { metrics, lines } = setUp();
    metrics.inferenceTextEnded('done');
    metrics.inferenceTextEnded('done');
    metrics.inferenceTextEnded('joined');
    metrics.inferenceRan(0.02);
    metrics.inferenceWorkerReplaced('killed');
    expect(await lines('neuralcache_inference_texts_total')).toEqual([
      'neuralcache_inference_texts_total{outcome="done"} 2',
      'neuralcache_inference_texts_total{outcome="joined"} 1',
    ]);
    expect(await lines('neuralcache_inference_run_seconds_sum')).toEqual([
      'neuralcache_inference_run_seconds_sum 0.02',
    ]);
    expect(await lines('neuralcache_inference_workers_replaced_total')).toEqual([
      'neuralcache_inference_workers_replaced_total{reason="killed"} 1',
    ]);
    expect(await lines('neuralcache_inference_queue_texts')).toEqual(['neuralcache_inference_queue_texts 0']);
    metrics.watchModels({ queued: () => 7, bytes: () => 1000 });
    expect(await lines('neuralcache_inference_queue_texts')).toEqual(['neuralcache_inference_queue_texts 7']);
    expect(await lines('neuralcache_inference_worker_bytes')).toEqual([
      'neuralcache_inference_worker_bytes 1000',
    ]);
  });

  it('read the residents at each scrape', async () => {
    const { metrics, lines } = setUp();
    expect(await lines('neuralcache_namespaces_resident ')).toEqual(['neuralcache_namespaces_resident 0']);
    let count = 1;
    metrics.watch({ count: () => count, bytes: () => 1000, cacheBytes: () => 0, unwrittenFeedback: () => 3 });
    count = 3;
    expect(await lines('neuralcache_namespaces_resident ')).toEqual(['neuralcache_namespaces_resident 3']);
    expect(await lines('neuralcache_namespaces_resident_bytes')).toEqual([
      'neuralcache_namespaces_resident_bytes 1000',
    ]);
  });

  it('of the process are there unless switched off', async () => {
    expect((await setUp({ processMetrics: true }).metrics.text()).text).toContain(
      'process_cpu_seconds_total',
    );
    expect((await setUp().metrics.text()).text).not.toContain('process_cpu_seconds_total');
  });
});

describe('the namespace label', () => {
  it('is absent unless asked for', async () => {
    const { metrics, lines } = setUp();
    metrics.namespaceOpened('a');
    metrics.memoryAdapted('a');
    metrics.feedbackFinished('applied', 'a');
    expect((await lines('neuralcache_')).join()).not.toContain('namespace=');
  });

  it('has at most so many values, the rest under __other__', async () => {
    const { metrics, lines } = setUp({ namespaceLabel: true, namespaceMax: 2 });
    for (const namespace of ['a', 'b', 'c', 'd']) {
      metrics.namespaceOpened(namespace);
      metrics.memoryAdapted(namespace);
    }
    expect(await lines('neuralcache_memory_adapted_total')).toEqual([
      'neuralcache_memory_adapted_total{namespace="a"} 1',
      'neuralcache_memory_adapted_total{namespace="b"} 1',
      'neuralcache_memory_adapted_total{namespace="__other__"} 2',
    ]);
  });

  it('never carries a name that was not opened', async () => {
    const { metrics, lines } = setUp({ namespaceLabel: true });
    metrics.requestFinished('/rerank', 401, 0.001, 'made-up', true);
    metrics.requestFinished('/rerank', 400, 0.001, undefined, true);
    expect(await lines('neuralcache_rerank_requests_total')).toEqual([
      'neuralcache_rerank_requests_total{endpoint="/rerank",status="error",namespace="__other__"} 2',
    ]);
  });

  it('goes with the namespace, whose place another may take', async () => {
    const { metrics, lines } = setUp({ namespaceLabel: true, namespaceMax: 1 });
    metrics.namespaceOpened('a');
    metrics.requestFinished('/rerank', 200, 0.001, 'a', true);
    metrics.requestFinished('/rerank', 500, 0.001, 'a', true);
    metrics.documentsRanked('/rerank', 3, 'a');
    metrics.namespaceClosed('a', 'idle');
    expect((await lines('neuralcache_')).join()).not.toContain('namespace="a"');
    metrics.namespaceOpened('b');
    metrics.memoryAdapted('b');
    expect(await lines('neuralcache_memory_adapted_total')).toEqual([
      'neuralcache_memory_adapted_total{namespace="b"} 1',
    ]);
    expect(await lines('neuralcache_namespace_evictions_total')).toEqual([
      'neuralcache_namespace_evictions_total{reason="idle"} 1',
    ]);
  });

  it('is not taken from others when a namespace without one closes', async () => {
    const { metrics, lines } = setUp({ namespaceLabel: true, namespaceMax: 1 });
    metrics.namespaceOpened('a');
    metrics.namespaceOpened('b');
    metrics.memoryAdapted('b');
    metrics.namespaceClosed('b', 'lru', true);
    expect(await lines('neuralcache_memory_adapted_total')).toEqual([
      'neuralcache_memory_adapted_total{namespace="__other__"} 1',
    ]);
    expect(await lines('neuralcache_namespace_state_dropped_total')).toEqual([
      'neuralcache_namespace_state_dropped_total 1',
    ]);
  });

  it('starts again from nothing when a namespace returns', async () => {
    const { metrics, lines } = setUp({ namespaceLabel: true });
    metrics.namespaceOpened('a');
    metrics.memoryAdapted('a');
    metrics.namespaceClosed('a', 'lru');
    metrics.namespaceOpened('a');
    metrics.memoryAdapted('a');
    expect(await lines('neuralcache_memory_adapted_total')).toEqual([
      'neuralcache_memory_adapted_total{namespace="a"} 1',
    ]);
  });
});
