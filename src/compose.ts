import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import type { NamespaceAdmission } from './admission/namespace-admission.js';
import type { Clock } from './base/clock.js';
import { LastingClock } from './base/lasting-clock.js';
import { lineWriter, silentLogger, type WriteLine } from './base/log.js';
import { Metrics } from './base/metrics.js';
import { type Random, seededRandom, systemRandom } from './base/random.js';
import { RequestIds } from './base/request-ids.js';
import { loadSettings } from './base/settings/load-settings.js';
import type { Settings } from './base/settings/table.js';
import { Sparingly } from './base/sparingly.js';
import { withinTime } from './base/within-time.js';
import { measureOf, openAdmission } from './compose-admission.js';
import { openCache, openPairCaches, type PurgeWish, purgeCaches } from './compose-cache.js';
import { catalogHealth, type OpenedCatalog, openCatalog, retryCatalog } from './compose-catalog.js';
import { closeEach } from './compose-closing.js';
import { keepDeclared } from './compose-declared.js';
import { openManagement, watchNamespaces } from './compose-management.js';
import { type OpenedModels, openModels } from './compose-models.js';
import { gateSettings, rerankerSettings } from './compose-options.js';
import { ManagedPolicies, toChoice } from './compose-policies.js';
import { eventsOf, modelFailures, openRegistry } from './compose-registry.js';
import { openClock, openRetention } from './compose-retention.js';
import { openStore } from './compose-stores.js';
import type { VectorKeeper } from './encoders/kept-encoder.js';
import type { NamespaceManagement } from './management/namespace-management.js';
import { Maintenance } from './namespaces/maintenance.js';
import { NamespaceNames } from './namespaces/name.js';
import type { Namespace } from './namespaces/namespace.js';
import type { NamespaceRegistry } from './namespaces/registry.js';
import type { RetentionReport } from './namespaces/retention.js';
import type { PairCaches } from './proxy/pair-caches.js';
import type {
  FeedbackRequest,
  FeedbackResult,
  GateSettings,
  RerankAnswer,
  RerankOptions,
  RerankRequest,
} from './reranker/request.js';
import { Reranker } from './reranker/reranker.js';
import type { CacheStore } from './stores/cache-store.js';
import { InstalledHashKey } from './stores/installed-hash-key.js';
import { MemoryCache } from './stores/memory-cache.js';
import type { Store } from './stores/store.js';

/** While a disk fails, each kind of failure is logged so often; metrics count them all. */
const FAILURE_LOG_INTERVAL_MS = 10_000;
/** Time the disk has for what is unwritten, once the requests under way are done. */
const SAVING_TIMEOUT_MS = 10_000;

/** Limits that raise themselves for one feedback: there are some in each pool, and others may take the room. */
const MAX_RAISES = 10;

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
  rerank(
    namespace: string,
    requests: readonly RerankRequest[],
    options?: RerankOptions,
  ): Promise<RerankAnswer[]>;
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
  /** Manages namespaces. */
  readonly admin: NamespaceManagement;
  /** Decides which requests may go on. */
  readonly admission: NamespaceAdmission;
  /** Drains, flushes, closes; gives the storage folder back. What fails is logged, and the rest closed all the same. */
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
  const names = namesOf(settings);
  let catalog: OpenedCatalog | undefined;
  let cache: CacheStore | undefined;
  let models: OpenedModels | undefined;
  try {
    catalog = await openCatalog(settings, {
      ...{ clock, names, logger, metrics },
      policyProblem: (policies) => models?.scorers.problem(toChoice(policies)),
    });
    cache = openCache(settings, tools);
    const policies = new ManagedPolicies(catalog.catalog, { store, metrics, logger, sparingly });
    const kept = cache && policies.keeping(cache);
    const pairCaches = openPairCaches(settings, { clock, metrics, cache: kept });
    const vectors = settings.embeddingCachePersist ? kept : undefined;
    models = await openModels(settings, {
      clock,
      metrics,
      logger,
      pairCaches,
      keeper: keeper ?? vectors,
      onFallback: modelFailures('scorer', tools),
    });
    const opened = { store, catalog, names, cache, pairCaches, models, policies };
    const services = composeWith(tools, opened, residents);
    // Who may use only what there is must not be sent away for want of a list; a disk that fails is asked again.
    if (!settings.namespaceAutoCreate) await services.admin.learnNames().catch(() => undefined);
    return services;
  } catch (error) {
    await closeEach(logger, {
      models: () => models?.close(),
      cache: () => cache?.close(),
      catalog: () => catalog?.catalog.close(),
    });
    await closeEach(logger, { store: () => store.close() });
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
  readonly catalog: OpenedCatalog;
  readonly names: NamespaceNames;
  readonly cache: CacheStore | undefined;
  readonly pairCaches: PairCaches;
  readonly models: OpenedModels;
  readonly policies: ManagedPolicies;
}

function composeWith(
  { settings, clock, logger, metrics, random, sparingly }: Tools,
  { store, catalog: opened, names, cache, pairCaches, models, policies }: Opened,
  residents: { registry?: NamespaceRegistry<Namespace> },
): ComposedServices {
  const { keyEncoder: encoder, scorers } = models;
  const { policiesOf, choiceOf, stock } = policies;
  const hashKey = openHashKey(settings, store);
  const { hash } = hashKey;
  const installHash = () => {
    if (hashKey.install())
      for (const namespace of residents.registry?.present(null) ?? []) namespace.forgetHashes();
    return hashKey.isInstalled;
  };
  const events = eventsOf({ logger, metrics, sparingly });
  const lendScorer = (name: string) => scorers.lend(() => choiceOf(name));
  const registry = openRegistry(
    settings,
    { store, lendScorer, policiesOf, stock, encoder, hash, installHash, clock, events },
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
    use: (name, work, patience) => registry.use(name, work, patience),
  });
  const watch = policies.watch(registry, cache);
  const maintenance = new Maintenance({
    registry,
    store,
    stock,
    clock,
    intervalMs: settings.storageFlushIntervalMs,
    retry() {
      watch.retry();
      installHash();
      retryCatalog(opened, clock);
      if (!settings.namespaceAutoCreate) void admin.learnNames().catch(() => undefined);
    },
    onFailure: (operation, error) => {
      metrics.storageFailed(operation);
      const held = sparingly.turn(operation);
      if (held === undefined) return;
      logger.warn({ err: error, held }, `background ${operation} failed; it will be tried again`);
    },
  });
  const retention = openRetention(settings, {
    ...{ registry, store, clock, metrics, logger, sparingly, policies },
  });
  const { catalog } = opened;
  const managed = { opened, store, cache, names, clock, residents: registry };
  const admin = openManagement(settings, {
    ...{ ...managed, pairCaches, stock, metrics, logger, sparingly },
    admission: () => admission,
  });
  const admission = openAdmission(settings, {
    ...{ catalog, clock, metrics, logger },
    known: (name) => admin.mayBeInUse(name),
    measure: measureOf(catalog, stock),
  });
  const stopTelling = catalog.onChange(() => admission.changed());
  watchNamespaces(metrics, managed, admin, admission);
  // Only now, when nothing can fail any more, does anything run by itself.
  maintenance.start();
  if (clock instanceof LastingClock) clock.start();
  retention.start();
  admin.start();
  const requestIds = new RequestIds();
  return {
    clock,
    logger,
    logRequest: lineWriter(logger),
    metrics,
    gate: gateSettings(settings),
    rerank: (namespace, requests, options) => reranker.rerank(namespace, requests, options),
    async feedback(namespace, request) {
      let result = await reranker.feedback(namespace, request);
      for (let raised = 0; raised < MAX_RAISES && result.exceeded !== undefined; raised++) {
        if (!(await admin.makeRoom(result.exceeded))) break;
        result = await reranker.feedback(namespace, request);
      }
      if (result.outcome === 'applied') admin.noteGrowth(namespace);
      const { exceeded } = result;
      if (exceeded !== undefined) admission.noteRefusal(exceeded.quota, namespace, exceeded.pool);
      return result;
    },
    admin,
    admission,
    async drop(namespace) {
      await registry.evict(namespace, 'dropped', async () => {
        pairCaches.forget({ namespace });
        await store.drop(namespace);
        await cache?.drop(namespace);
        stock.forget(namespace);
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
        catalog: catalogHealth(opened),
        ...(cache === undefined ? {} : { cache: cache.health() }),
        ...readiness.checks,
      };
      const isWhole =
        readiness.isWhole && cache?.health().status !== 'degraded' && catalogHealth(opened).status === 'ok';
      return { status: storage.status === 'ok' && !isWhole ? 'degraded' : storage.status, checks };
    },
    metricsText: async () => (settings.metricsEnabled ? metrics.text() : null),
    retentionReport: async () => retention.report(),
    newRequestId: () => requestIds.next(),
    async close() {
      watch.stop();
      stopTelling();
      const patience = AbortSignal.timeout(settings.shutdownTimeoutMs);
      const save = async () => {
        await closeEach(logger, {
          retention: () => retention.stop(),
          maintenance: () => maintenance.stop(),
          management: () => admin.stop(),
        });
        await closeEach(logger, { namespaces: () => registry.close(patience) });
        await closeEach(logger, { admission: () => admission.close() });
        await closeEach(logger, { catalog: () => catalog.close() });
        await closeEach(logger, { clock: () => clock instanceof LastingClock && clock.stop() });
        await closeEach(logger, { store: () => store.close(), cache: () => cache?.close() });
      };
      const inTime = await withinTime(save(), settings.shutdownTimeoutMs + SAVING_TIMEOUT_MS);
      if (!inTime) logger.error('the disk did not answer in time; what was unwritten is lost');
      await closeEach(logger, { models: () => models.close() });
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

/** Which names may be used. */
export function namesOf(settings: Settings): NamespaceNames {
  return new NamespaceNames({
    pattern: settings.namespacePattern,
    policy: settings.namespacePolicy,
    defaultName: settings.defaultNamespace,
  });
}

/** The key of the hashes. Throws `StorageError` `damaged` where its file is cut off. */
function openHashKey(settings: Settings, store: Store): InstalledHashKey {
  return new InstalledHashKey({
    key: settings.storageHashKey,
    folder: store.durable ? settings.storageDir : undefined,
  });
}

/** Chance as configured: repeatable under `DETERMINISTIC`. */
function chanceOf({ deterministic, deterministicSeed }: Settings): Random {
  return deterministic ? seededRandom(deterministicSeed) : systemRandom;
}

/** The program for `serve`. */
export async function startServices(settings: Settings, logger: Logger): Promise<ComposedServices> {
  return keepDeclared(settings, await compose(settings, logger), logger);
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
