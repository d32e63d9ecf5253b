import type { Logger } from 'pino';
import type { Metrics } from './base/metrics.js';
import type { ModelError } from './base/model-call.js';
import type { Settings } from './base/settings/table.js';
import type { Sparingly } from './base/sparingly.js';
import { memorySettings } from './compose-options.js';
import { Namespace } from './namespaces/namespace.js';
import type { NamespaceDependencies, NamespaceEvents } from './namespaces/namespace-dependencies.js';
import { NamespaceRegistry } from './namespaces/registry.js';
import type { UnwrittenBudget } from './namespaces/unwritten-feedback.js';
import type { PairCaches } from './proxy/pair-caches.js';
import type { RerankerEvents } from './reranker/reranker.js';
import { FlatIndex } from './vectors/flat.js';

/** Shares of `CACHE_MAX_BYTES` that one namespace may fill; together below 1, so that one alone is never trimmed whole. */
const CACHE_SHARES = { texts: 0.45, pairs: 0.4, queries: 0.05 } as const;
/** Feedback of all namespaces that is acknowledged and not written yet (`consistency` `relaxed`). */
const MAX_UNWRITTEN_BYTES = 64 * 2 ** 20;

/** Where things are told. */
export interface EventTools {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly sparingly: Sparingly;
}

/** The open namespaces, and what is told of them. */
export function openRegistry(
  settings: Settings,
  shared: Pick<
    NamespaceDependencies,
    'store' | 'lendScorer' | 'policiesOf' | 'stock' | 'encoder' | 'hash' | 'installHash' | 'clock' | 'events'
  >,
  logger: Logger,
  metrics: Metrics,
  pairCaches: PairCaches,
): NamespaceRegistry<Namespace> {
  const unwrittenBudget: UnwrittenBudget = { count: 0, bytes: 0, maxBytes: MAX_UNWRITTEN_BYTES };
  const dependencies: NamespaceDependencies = {
    ...shared,
    memory: memorySettings(settings, shared.encoder),
    hashIds: settings.privacyHashIds,
    frozen: settings.deterministic,
    maxTextBytes: Math.ceil(settings.cacheMaxBytes * CACHE_SHARES.texts),
    maxPairBytes: Math.ceil(settings.cacheMaxBytes * CACHE_SHARES.pairs),
    maxQueryBytes: Math.ceil(settings.cacheMaxBytes * CACHE_SHARES.queries),
    impressionMaxBytes: settings.impressionMaxBytes,
    impressionMaxCount: settings.feedbackCacheSize ?? Number.POSITIVE_INFINITY,
    impressionBudget: { bytes: 0, maxBytes: settings.impressionTotalMaxBytes },
    unwrittenBudget,
    storageTimeoutMs: settings.storageTimeoutMs,
    openIndex: (dimension) => new FlatIndex(dimension),
  };
  const registry = new NamespaceRegistry<Namespace>({
    open: (name, onMade) => Namespace.open(name, dependencies, onMade),
    defaultName: settings.defaultNamespace,
    maxNamespaces: settings.maxNamespaces,
    maxBytes: settings.namespaceMemoryLimitMb * 2 ** 20,
    cacheMaxBytes: settings.cacheMaxBytes,
    idleTtlMs: settings.namespaceIdleTtlS === undefined ? undefined : settings.namespaceIdleTtlS * 1000,
    clock: shared.clock,
    onOpened: (name) => metrics.namespaceOpened(name),
    onEvicted: (namespace, reason) => {
      pairCaches.release(namespace);
      const isKept = shared.store.durable || reason === 'shutdown' || reason === 'reconfigured';
      metrics.namespaceClosed(namespace, reason, !isKept);
      logger.info({ namespace, reason }, 'namespace evicted');
    },
    onFlushFailed: (namespace, error, kept) => {
      metrics.storageFailed('flush');
      const outcome = kept ? 'it stays in memory' : 'what was unwritten is lost';
      logger.error({ namespace, err: error }, `a namespace could not be saved; ${outcome}`);
    },
  });
  metrics.watch({
    count: () => registry.size.namespaces,
    bytes: () => registry.size.bytes,
    cacheBytes: () => registry.size.cacheBytes,
    unwrittenFeedback: () => unwrittenBudget.count,
  });
  return registry;
}

/** What namespaces tell of themselves, counted and logged. */
export function eventsOf({ logger, metrics, sparingly }: EventTools): NamespaceEvents & RerankerEvents {
  return {
    answered(namespace, { texts, pairs, adapted }) {
      metrics.cacheLookups('texts', texts, namespace);
      metrics.cacheLookups('pairs', pairs, namespace);
      if (adapted) metrics.memoryAdapted(namespace);
    },
    encoderFailed: modelFailures('memory', { logger, metrics, sparingly }),
    reciprocalRank: (namespace, arm, value) => metrics.selectionRanked(arm, value, namespace),
    storageFailed(namespace, operation, error) {
      metrics.storageFailed(operation);
      const held = sparingly.turn(`${operation} ${(error as { failure?: string }).failure ?? ''}`);
      if (held !== undefined) logger.error({ namespace, err: error, held }, `storage failed: ${operation}`);
    },
    recordsDamaged(namespace, count) {
      metrics.stateQuarantined();
      logger.error({ namespace, count }, 'stored records cannot be read and are left out');
    },
    stateDropped: (namespace: string) =>
      logger.warn({ namespace }, 'evicted, and its state dropped: nothing keeps it'),
    hashKeyChanged: (namespace) =>
      logger.warn({ namespace }, 'stored under another hash key: known queries are found by vector alone'),
    feedbackLost(namespace, count) {
      metrics.storageFailed('feedback lost');
      logger.error(
        { namespace, count },
        'feedback that was not written yet is lost: the stored state is another one',
      );
    },
  };
}

/** Counts the requests that did without a model, and says why, from time to time. */
export function modelFailures(part: 'scorer' | 'memory', { logger, metrics, sparingly }: EventTools) {
  return (namespace: string, { failure, message }: ModelError): void => {
    metrics.modelMissed(part, failure, namespace);
    const held = sparingly.turn(`model ${part} ${failure}`);
    if (held === undefined) return;
    const instead = part === 'scorer' ? 'another scorer answered' : 'memory did without';
    logger.warn({ namespace, failure, reason: message, held }, `a model gave no answer; ${instead}`);
  };
}
