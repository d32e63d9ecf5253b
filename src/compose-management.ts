import type { Logger } from 'pino';
import type { NamespaceAdmission } from './admission/namespace-admission.js';
import type { Clock } from './base/clock.js';
import type { Metrics } from './base/metrics.js';
import type { Settings } from './base/settings/table.js';
import { withoutCredentials } from './base/settings/without-credentials.js';
import type { Sparingly } from './base/sparingly.js';
import { leftCache } from './compose-cache.js';
import type { OpenedCatalog } from './compose-catalog.js';
import { NO_RESIDENTS, type Residents } from './management/management-options.js';
import { NamespaceManagement } from './management/namespace-management.js';
import type { NamespaceNames } from './namespaces/name.js';
import type { PairCaches } from './proxy/pair-caches.js';
import type { CacheStore } from './stores/cache-store.js';
import type { Store } from './stores/store.js';

/** What managing namespaces works on. A command that owns a folder has only what is not optional. */
export interface ManagementParts {
  readonly opened: OpenedCatalog;
  readonly store: Store;
  readonly cache: CacheStore | undefined;
  readonly names: NamespaceNames;
  readonly clock: Clock;
  readonly residents?: Residents;
  readonly admission?: () => NamespaceAdmission;
  readonly pairCaches?: PairCaches;
  /** Told of those that are gone. */
  readonly stock?: { forget(namespace: string): void };
  readonly metrics?: Metrics;
  readonly logger?: Logger;
  readonly sparingly?: Sparingly;
}

/** Management as configured. Nothing happens by itself before `start`. */
export function openManagement(settings: Settings, parts: ManagementParts): NamespaceManagement {
  const { opened, store, cache, names, clock, residents = NO_RESIDENTS, pairCaches, metrics } = parts;
  const { admission } = parts;
  return new NamespaceManagement({
    catalog: opened.catalog,
    store,
    cache: cache ?? (store.durable ? leftCache(settings, clock) : undefined),
    residents,
    names,
    clock,
    graceS: settings.namespaceDeletionGraceS,
    drainTimeoutMs: settings.namespaceDrainTimeoutS * 1000,
    // Made after management, which it asks for the names in use.
    ...(admission && {
      admission: {
        drain: (name: string, timeoutMs: number) => admission().drain(name, timeoutMs),
        forget: (name: string) => admission().forget(name),
        utilisation: (name: string) => admission().utilisation(name),
        uses: (name: string) => admission().uses(name),
      },
    }),
    ...(pairCaches && { pairs: pairCaches }),
    settings: policiesOfSettings(settings),
    isDegraded: (name) => residents.peek(name)?.ready === false,
    events: {
      purged(namespace) {
        parts.stock?.forget(namespace);
        metrics?.namespacePurged('purged');
        metrics?.namespaceForgotten(namespace);
      },
      failed: (what, namespace, error) => tellFailure(parts, what, namespace, error),
    },
  });
}

/** What holds where no namespace says otherwise, under the names of policies. */
function policiesOfSettings(settings: Settings) {
  const { upstreamUrl, upstreamDialect, upstreamModel } = settings;
  return {
    retention_days: settings.storageRetentionDays ?? null,
    cache_enabled: true,
    cache_ttl_seconds: settings.cacheTtlS,
    consistency: 'strong',
    scorer: settings.scorer,
    ...(upstreamUrl !== undefined && {
      upstream: {
        url: withoutCredentials(upstreamUrl),
        dialect: upstreamDialect,
        ...(upstreamModel !== undefined && { model: upstreamModel }),
      },
    }),
    weight_dense: settings.weightDense,
    weight_narrative: settings.weightNarrative,
    weight_pheromone: settings.weightPheromone,
  };
}

function tellFailure(
  { metrics, logger, sparingly }: ManagementParts,
  what: string,
  namespace: string | null,
  error: unknown,
): void {
  metrics?.storageFailed(what);
  if (what === 'purge') metrics?.namespacePurged('failed');
  const held = sparingly ? sparingly.turn(`management ${what}`) : 0;
  if (held === undefined) return;
  const about = namespace === null ? {} : { namespace };
  logger?.error({ ...about, err: error, held }, `${what} of namespaces failed; it will be tried again`);
}

/** What the gauges of namespaces read. */
export function watchNamespaces(
  metrics: Metrics,
  { opened, residents = NO_RESIDENTS }: Pick<ManagementParts, 'opened' | 'residents'>,
  management: NamespaceManagement,
  admission: NamespaceAdmission,
): void {
  const { catalog } = opened;
  metrics.watchNamespaces({
    registered: () => (catalog.isLoaded ? catalog.records().length : 0),
    async of(namespaces) {
      const all = await management.statsOf(namespaces);
      return all.map(
        (stats) =>
          stats && {
            vectors: stats.vector_count,
            storageBytes: stats.storage_bytes,
            utilisation: stats.quota_utilization,
            byStatus: { [stats.status]: 1 },
          },
      );
    },
    async all() {
      const { total_vectors, storage_bytes } = await management.totals();
      const byStatus: Record<string, number> = {};
      for (const { id } of catalog.records()) {
        const { status } = catalog.effective(id);
        byStatus[status] = (byStatus[status] ?? 0) + 1;
      }
      const shares = residents.names().map((name) => admission.utilisation(name).share);
      return {
        vectors: total_vectors,
        storageBytes: storage_bytes,
        utilisation: shares.reduce((largest, share) => Math.max(largest, share), 0),
        byStatus,
      };
    },
  });
}
