import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import type { Clock } from './base/clock.js';
import { LastingClock } from './base/lasting-clock.js';
import { lineWriter, silentLogger, type WriteLine } from './base/log.js';
import { Metrics } from './base/metrics.js';
import type { ModelError } from './base/model-call.js';
import { type Random, seededRandom, systemRandom } from './base/random.js';
import { RequestIds } from './base/request-ids.js';
import { loadSettings } from './base/settings/load-settings.js';
import type { Settings } from './base/settings/table.js';
import { Sparingly } from './base/sparingly.js';
import { withinTime } from './base/within-time.js';
import { openCache, openPairCaches, type PurgeWish, purgeCaches } from './compose-cache.js';
import { type OpenedModels, openModels } from './compose-models.js';
import { gateSettings, memorySettings, rerankerSettings } from './compose-options.js';
import { openClock, openRetention } from './compose-retention.js';
import { openStore } from './compose-stores.js';
import type { VectorKeeper } from './encoders/kept-encoder.js';
import { Maintenance } from './namespaces/maintenance.js';
import { NamespaceNames } from './namespaces/name.js';
import { Namespace } from './namespaces/namespace.js';
import type { NamespaceDependencies, NamespaceEvents } from './namespaces/namespace-dependencies.js';
import { NamespaceRegistry } from './namespaces/registry.js';
import type { RetentionReport } from './namespaces/retention.js';
import type { PairCaches } from './proxy/pair-caches.js';
import type {
  FeedbackRequest,
  FeedbackResult,
  GateSettings,
  RerankAnswer,
  RerankRequest,
} from './reranker/request.js';
import { Reranker, type RerankerEvents } from './reranker/reranker.js';
import type { CacheStore } from './stores/cache-store.js';
import { InstalledHashKey } from './stores/installed-hash-key.js';
import { MemoryCache } from './stores/memory-cache.js';
import type { Store } from './stores/store.js';
import { FlatIndex } from './vectors/flat.js';

/** While a disk fails, each kind of failure is logged so often; metrics count them all. */
const FAILURE_LOG_INTERVAL_MS = 10_000;
/** Time the disk has for what is unwritten, once the requests under way are done. */
const SAVING_TIMEOUT_MS = 10_000;
/** Shares of `CACHE_MAX_BYTES` that one namespace may fill; together below 1, so that one alone is never trimmed whole. */
const CACHE_SHARES = { texts: 0.45, pairs: 0.4, queries: 0.05 } as const;

/** Bound of the vectors of a measurement. */
const SHARED_VECTOR_BYTES = 2 ** 30;

/** The whole program without HTTP: what `serve` and the measuring commands use. */
export interface ComposedServices {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Writes the line of a request. */
  readonly logRequest: WriteLine;
  readonly metrics: Metrics;
  /** The entropy gate as configured. */
  readonly gate: GateSettings;
  rerank(namespace: string, requests: readonly RerankRequest[]): Promise<RerankAnswer[]>;
  feedback(namespace: string, request: FeedbackRequest): Promise<FeedbackResult>;
  /** Removes a namespace with all its state. */
  drop(namespace: string): Promise<void>;
  /** Forgets what caches hold; see `purgeCaches`. */
  purgeCaches(wish: PurgeWish): Promise<{ pairs: number }>;
  /** The name as it is to be used; `AppError` 400 "Invalid namespace". */
  parseNamespace(raw: string): string;
  readiness(): Promise<{
    status: 'ok' | 'degraded' | 'unavailable';
    checks: Readonly<Record<string, unknown>>;
  }>;
  /** Null where metrics are off. */
  metricsText(): Promise<{ contentType: string; text: string } | null>;
  retentionReport(): Promise<RetentionReport>;
  newRequestId(): string;
  /** Drains, flushes, closes; gives the storage folder back. */
  close(): Promise<void>;
}

/**
 * Builds everything from settings; only here are drivers picked. Rejects with `StorageError` where the storage folder
 * belongs to another process or is of a newer format, and where a model does not match its checksums.
 */
export async function compose(
  settings: Settings,
  logger: Logger,
  clock: Clock = openClock(settings, logger),
  random = chanceOf(settings),
  keeper?: VectorKeeper,
): Promise<ComposedServices> {
  const metrics = new Metrics({
    registry: new Registry(),
    namespaceLabel: settings.metricsNamespaceLabel,
    namespaceMax: settings.metricsNamespaceMax,
  });
  const residents: { registry?: NamespaceRegistry<Namespace> } = {};
  const store = await openStore(settings, clock, logger, metrics, (name) =>
    forgetState(residents.registry, name),
  );
  const sparingly = new Sparingly(clock, FAILURE_LOG_INTERVAL_MS);
  const tools = { settings, clock, logger, metrics, random, sparingly };
  let cache: CacheStore | undefined;
  let models: OpenedModels | undefined;
  try {
    cache = openCache(settings, tools);
    const pairCaches = openPairCaches(settings, { clock, metrics, cache });
    const vectors = settings.embeddingCachePersist ? cache : undefined;
    models = await openModels(settings, {
      clock,
      metrics,
      logger,
      pairCaches,
      keeper: keeper ?? vectors,
      onFallback: modelFailures('scorer', tools),
    });
    return composeWith(tools, { store, cache, pairCaches, models }, residents);
  } catch (error) {
    await models?.close();
    await cache?.close();
    await store.close();
    throw error;
  }
}

/** What everything is made with. */
interface Tools {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly random: Random;
  readonly sparingly: Sparingly;
}

/** What is open already, and is closed with the services. */
interface Opened {
  readonly store: Store;
  readonly cache: CacheStore | undefined;
  readonly pairCaches: PairCaches;
  readonly models: OpenedModels;
}

function composeWith(
  { settings, clock, logger, metrics, random, sparingly }: Tools,
  { store, cache, pairCaches, models }: Opened,
  residents: { registry?: NamespaceRegistry<Namespace> },
): ComposedServices {
  const { keyEncoder: encoder, scorer } = models;
  const hashKey = openHashKey(settings, store);
  const { hash } = hashKey;
  const installHash = () => {
    if (hashKey.install())
      for (const namespace of residents.registry?.present(null) ?? []) namespace.forgetHashes();
    return hashKey.isInstalled;
  };
  const events = eventsOf(logger, metrics, sparingly);
  const registry = openRegistry(
    settings,
    { store, scorer, encoder, hash, installHash, clock, events },
    logger,
    metrics,
    pairCaches,
  );
  residents.registry = registry;
  const reranker = new Reranker({
    encoder,
    hash,
    clock,
    random,
    settings: rerankerSettings(settings),
    events,
    use: (name, work) => registry.use(name, work),
  });
  const maintenance = new Maintenance({
    registry,
    store,
    clock,
    intervalMs: settings.storageFlushIntervalMs,
    retry: () => void installHash(),
    onFailure: (operation, error) => {
      metrics.storageFailed(operation);
      const held = sparingly.turn(operation);
      if (held === undefined) return;
      logger.warn({ err: error, held }, `background ${operation} failed; it will be tried again`);
    },
  });
  maintenance.start();
  if (clock instanceof LastingClock) clock.start();
  const retention = openRetention(settings, { registry, store, clock, metrics, logger, sparingly });
  retention.start();
  const names = new NamespaceNames({
    pattern: settings.namespacePattern,
    policy: settings.namespacePolicy,
    defaultName: settings.defaultNamespace,
  });
  const requestIds = new RequestIds();
  return {
    clock,
    logger,
    logRequest: lineWriter(logger),
    metrics,
    gate: gateSettings(settings),
    rerank: (namespace, requests) => reranker.rerank(namespace, requests),
    feedback: (namespace, request) => reranker.feedback(namespace, request),
    async drop(namespace) {
      await registry.evict(namespace, 'dropped', async () => {
        pairCaches.forget({ namespace });
        await store.drop(namespace);
        await cache?.drop(namespace);
      });
    },
    purgeCaches: (wish) =>
      purgeCaches(wish, { caches: pairCaches, cache, present: (name) => registry.present(name) }),
    parseNamespace: (raw) => names.parse(raw),
    async readiness() {
      const storage = store.health();
      const readiness = models.readiness();
      const checks = {
        storage: { driver: store.name, ...storage },
        ...(cache === undefined ? {} : { cache: cache.health() }),
        ...readiness.checks,
      };
      const isWhole = readiness.isWhole && cache?.health().status !== 'degraded';
      return { status: storage.status === 'ok' && !isWhole ? 'degraded' : storage.status, checks };
    },
    metricsText: async () => (settings.metricsEnabled ? metrics.text() : null),
    retentionReport: async () => retention.report(),
    newRequestId: () => requestIds.next(),
    async close() {
      const patience = AbortSignal.timeout(settings.shutdownTimeoutMs);
      const saved = Promise.all([retention.stop(), maintenance.stop()])
        .then(() => registry.close(patience))
        .then(() => (clock instanceof LastingClock ? clock.stop() : undefined))
        .then(() => Promise.all([store.close(), cache?.close()]));
      const inTime = await withinTime(saved, settings.shutdownTimeoutMs + SAVING_TIMEOUT_MS);
      if (!inTime) logger.error('the disk did not answer in time; what was unwritten is lost');
      await models.close();
    },
  };
}

/**
 * What is stored of a namespace (null = of all) is another state: where it is in memory, or on the way there, it reads
 * that anew, and forgets impressions whose feedback it cannot know.
 */
function forgetState(registry: NamespaceRegistry<Namespace> | undefined, changed: string | null): void {
  for (const namespace of registry?.present(changed) ?? []) {
    namespace.invalidate();
    namespace.impressions.clear();
  }
}

/** The key of the hashes. Throws `StorageError` `damaged` where its file is cut off. */
function openHashKey(settings: Settings, store: Store): InstalledHashKey {
  return new InstalledHashKey({
    key: settings.storageHashKey,
    folder: store.durable ? settings.storageDir : undefined,
  });
}

function openRegistry(
  settings: Settings,
  shared: Pick<
    NamespaceDependencies,
    'store' | 'scorer' | 'encoder' | 'hash' | 'installHash' | 'clock' | 'events'
  >,
  logger: Logger,
  metrics: Metrics,
  pairCaches: PairCaches,
): NamespaceRegistry<Namespace> {
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
      metrics.namespaceClosed(namespace, reason, !shared.store.durable && reason !== 'shutdown');
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
  });
  return registry;
}

function eventsOf(logger: Logger, metrics: Metrics, sparingly: Sparingly): NamespaceEvents & RerankerEvents {
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
  };
}

/** Counts the requests that did without a model, and says why, from time to time. */
function modelFailures(
  part: 'scorer' | 'memory',
  { logger, metrics, sparingly }: Pick<Tools, 'logger' | 'metrics' | 'sparingly'>,
) {
  return (namespace: string, { failure, message }: ModelError): void => {
    metrics.modelMissed(part, failure, namespace);
    const held = sparingly.turn(`model ${part} ${failure}`);
    if (held === undefined) return;
    const instead = part === 'scorer' ? 'another scorer answered' : 'memory did without';
    logger.warn({ namespace, failure, reason: message, held }, `a model gave no answer; ${instead}`);
  };
}

/** Chance as configured: repeatable under `DETERMINISTIC`. */
function chanceOf({ deterministic, deterministicSeed }: Settings): Random {
  return deterministic ? seededRandom(deterministicSeed) : systemRandom;
}

/** The program for `serve`. */
export function startServices(settings: Settings, logger: Logger): Promise<ComposedServices> {
  return compose(settings, logger);
}

/** The program for a command that measures or ranks by itself: its own settings on top, a clock of its own, no log, chance that
 * repeats. */
export function createMeasuredService(
  { overrides, clock }: { overrides: Readonly<Record<string, string>>; clock: Clock },
  where = { env: process.env as Readonly<Record<string, string | undefined>>, cwd: process.cwd() },
): Promise<ComposedServices> {
  const { settings } = loadSettings({ ...where, overrides });
  // Nobody is kept from anybody here, and every namespace meets the same texts: each is encoded once.
  return compose(
    settings,
    silentLogger(),
    clock,
    seededRandom(settings.deterministicSeed),
    sharedVectors(clock),
  );
}

/** Keeps vectors for all namespaces alike. */
function sharedVectors(clock: Clock): VectorKeeper {
  const cache = new MemoryCache({ maxBytes: SHARED_VECTOR_BYTES, clock });
  return {
    getMany: (_, keys) => cache.getMany('', keys),
    put: (_, entries) => cache.put('', entries),
  };
}
