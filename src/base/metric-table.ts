/** What a metric is: one line of the table that code, README and tests share. */
export interface MetricDefinition {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** Label names, without `namespace`. */
  readonly labels: readonly string[];
  /** Whether `METRICS_NAMESPACE_LABEL=true` adds the label `namespace`. */
  readonly perNamespace: boolean;
  readonly help: string;
  /** Upper bounds of a histogram, ascending. */
  readonly buckets?: readonly number[];
}

/** From half a millisecond, a cached answer, to ten seconds. */
const LATENCY_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** All metrics of ours, in base units. The first four keep the names of the Python original. */
export const METRICS = {
  rerankRequests: {
    name: 'neuralcache_rerank_requests_total',
    type: 'counter',
    labels: ['endpoint', 'status'],
    perNamespace: true,
    help: 'Rerank calls answered; status is success or error.',
  },
  rerankLatency: {
    name: 'neuralcache_rerank_latency_seconds',
    type: 'histogram',
    labels: ['endpoint'],
    perNamespace: true,
    help: 'Time from the head of a rerank call to its answer.',
    buckets: LATENCY_BUCKETS,
  },
  rerankDocuments: {
    name: 'neuralcache_rerank_documents_per_request',
    type: 'histogram',
    labels: ['endpoint'],
    perNamespace: true,
    help: 'Documents in a request; each item of a batch counts by itself.',
    buckets: [1, 5, 10, 25, 50, 100, 250, 500, 1000],
  },
  feedbackEvents: {
    name: 'neuralcache_feedback_events_total',
    type: 'counter',
    labels: ['outcome'],
    perNamespace: true,
    help: 'Feedbacks by outcome: applied, duplicate, unknown, invalid, ignored_source, failed.',
  },
  feedbackReciprocalRank: {
    name: 'neuralcache_feedback_reciprocal_rank',
    type: 'histogram',
    labels: ['arm'],
    perNamespace: true,
    help: 'One over the best rank that was selected, 0 if none; arm is memory, or base for the share of MEMORY_HOLDOUT.',
    buckets: [0, 0.1, 0.2, 0.25, 0.34, 0.5, 1],
  },
  memoryAdapted: {
    name: 'neuralcache_memory_adapted_total',
    type: 'counter',
    labels: [],
    perNamespace: true,
    help: 'Answers whose order the memory changed.',
  },
  modelFallbacks: {
    name: 'neuralcache_model_fallbacks_total',
    type: 'counter',
    labels: ['part', 'reason'],
    perNamespace: true,
    help: 'Requests that did without a model; part: scorer (lexical order instead) or memory; reason: overloaded, late, failed, refused, closed.',
  },
  inferenceTexts: {
    name: 'neuralcache_inference_texts_total',
    type: 'counter',
    labels: ['outcome'],
    perNamespace: false,
    help: 'Texts given to models by outcome: done, joined (the same text was under way already), overloaded, late, failed, closed.',
  },
  inferenceRun: {
    name: 'neuralcache_inference_run_seconds',
    type: 'histogram',
    labels: [],
    perNamespace: false,
    help: 'Time of a batch in a worker process, there and back.',
    buckets: [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  },
  inferenceWorkersReplaced: {
    name: 'neuralcache_inference_workers_replaced_total',
    type: 'counter',
    labels: ['reason'],
    perNamespace: false,
    help: 'Worker processes replaced, by reason: crashed, killed (from outside), hung, unloadable (their model no longer loads), memory.',
  },
  inferenceQueue: {
    name: 'neuralcache_inference_queue_texts',
    type: 'gauge',
    labels: [],
    perNamespace: false,
    help: 'Texts that wait for a worker process.',
  },
  inferenceWorkerBytes: {
    name: 'neuralcache_inference_worker_bytes',
    type: 'gauge',
    labels: [],
    perNamespace: false,
    help: 'Resident memory of all worker processes together, as they last told.',
  },
  upstreamRequests: {
    name: 'neuralcache_upstream_requests_total',
    type: 'counter',
    labels: ['outcome'],
    perNamespace: false,
    help: 'Requests to the upstream by outcome: done, refused (4xx), too_much (refused for its size, and asked again in parts), busy (429), error (5xx), nonsense, connect, timeout, cancelled, breaker (left alone), overloaded, closed.',
  },
  upstreamSeconds: {
    name: 'neuralcache_upstream_seconds',
    type: 'histogram',
    labels: [],
    perNamespace: false,
    help: 'Time of a request to the upstream, its tries included.',
    buckets: LATENCY_BUCKETS,
  },
  upstreamDocuments: {
    name: 'neuralcache_upstream_documents_total',
    type: 'counter',
    labels: [],
    perNamespace: false,
    help: 'Documents sent to the upstream.',
  },
  cacheLookups: {
    name: 'neuralcache_cache_lookups_total',
    type: 'counter',
    labels: ['cache', 'outcome'],
    perNamespace: true,
    help: 'Look-ups by cache (texts, pairs, vectors) and outcome: hit, miss, and of pairs stale, bypass.',
  },
  cacheBytes: {
    name: 'neuralcache_cache_bytes',
    type: 'gauge',
    labels: [],
    perNamespace: false,
    help: 'Memory that the caches of all namespaces hold together, estimated.',
  },
  pairsUsed: {
    name: 'neuralcache_model_pairs_total',
    type: 'counter',
    labels: ['scorer', 'way'],
    perNamespace: true,
    help: 'Pairs a cross-encoder or an upstream would have been asked for, by way: asked, or saved because they were remembered, joined (under way already) or repeated in the list.',
  },
  pairEvictions: {
    name: 'neuralcache_pair_evictions_total',
    type: 'counter',
    labels: [],
    perNamespace: false,
    help: 'Scored pairs that had to make room for others in memory.',
  },
  quotaRefusals: {
    name: 'neuralcache_quota_refusals_total',
    type: 'counter',
    labels: ['quota'],
    perNamespace: true,
    help: 'Requests refused for being over a limit: a quota, rate_limit_per_minute, or scoring (too many wait for their turn).',
  },
  quotaWarnings: {
    name: 'neuralcache_quota_warnings_total',
    type: 'counter',
    labels: ['quota'],
    perNamespace: true,
    help: 'Requests let in while a quota was used to its warning threshold or beyond.',
  },
  admissionWait: {
    name: 'neuralcache_admission_wait_seconds',
    type: 'histogram',
    labels: ['reason'],
    perNamespace: true,
    help: 'Time of requests that had to wait before they were let in or refused; reason: rate, concurrency, usage (the count of the day was being kept), turn (to be scored).',
    buckets: LATENCY_BUCKETS,
  },
  admissionWaiting: {
    name: 'neuralcache_admission_waiting',
    type: 'gauge',
    labels: [],
    perNamespace: false,
    help: 'Requests that wait for a quota or for their turn to be scored.',
  },
  httpRequests: {
    name: 'neuralcache_http_requests_total',
    type: 'counter',
    labels: ['endpoint', 'status'],
    perNamespace: false,
    help: 'All HTTP calls by route and status code; 499: the caller left before its answer.',
  },
  namespacesResident: {
    name: 'neuralcache_namespaces_resident',
    type: 'gauge',
    labels: [],
    perNamespace: false,
    help: 'Namespaces in memory.',
  },
  namespacesResidentBytes: {
    name: 'neuralcache_namespaces_resident_bytes',
    type: 'gauge',
    labels: [],
    perNamespace: false,
    help: 'Memory that the namespaces hold together, estimated.',
  },
  namespaceEvictions: {
    name: 'neuralcache_namespace_evictions_total',
    type: 'counter',
    labels: ['reason'],
    perNamespace: false,
    help: 'Namespaces saved and taken out of memory, by reason.',
  },
  namespaceStateDropped: {
    name: 'neuralcache_namespace_state_dropped_total',
    type: 'counter',
    labels: [],
    perNamespace: false,
    help: 'Evictions that lost what was learned, because the storage keeps nothing.',
  },
  storageErrors: {
    name: 'neuralcache_storage_errors_total',
    type: 'counter',
    labels: ['operation'],
    perNamespace: false,
    help: 'Failed calls of the store, by operation.',
  },
  storageQuarantined: {
    name: 'neuralcache_storage_quarantined_total',
    type: 'counter',
    labels: [],
    perNamespace: false,
    help: 'Damaged state that was set aside.',
  },
  retentionSweeps: {
    name: 'neuralcache_retention_sweeps_total',
    type: 'counter',
    labels: ['outcome'],
    perNamespace: false,
    help: 'Sweeps over all namespaces for what is too old; outcome is done, or failed where some could not be swept.',
  },
  retentionRemoved: {
    name: 'neuralcache_retention_removed_total',
    type: 'counter',
    labels: ['part'],
    perNamespace: false,
    help: 'What was too old, by part: cells, pheromones, narratives.',
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;
