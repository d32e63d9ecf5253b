import type { Logger } from 'pino';
import type { Clock } from './base/clock.js';
import type { Metrics } from './base/metrics.js';
import type { Settings } from './base/settings/table.js';
import { NamespaceCatalog } from './catalog/catalog.js';
import type { Policies } from './catalog/policies.js';
import { CatalogLosses } from './compose-catalog-losses.js';
import { auditLine } from './management/read-audit.js';
import type { NamespaceNames } from './namespaces/name.js';
import { MemoryCatalog } from './stores/catalog-memory.js';
import type { CatalogStore } from './stores/catalog-store.js';
import type { StoreHealth } from './stores/store.js';
import { openWorkerCatalog } from './stores/worker-catalog.js';

/** The registry of record, and what keeps it. */
export interface OpenedCatalog {
  readonly store: CatalogStore;
  readonly catalog: NamespaceCatalog;
  /** What of it was lost; absent = it is not looked for. */
  readonly losses?: CatalogLosses;
}

export interface CatalogTools {
  readonly clock: Clock;
  readonly names: NamespaceNames;
  /** Why what holds for a namespace cannot be had, in words; absent = that is not known here. */
  readonly policyProblem?: (policies: Policies) => string | undefined;
  /** Absent in commands. */
  readonly logger?: Logger;
  readonly metrics?: Metrics;
}

/**
 * Opens the catalog of a folder that this process owns. Rejects with `StorageError` `newer`; whatever else is wrong with the
 * disk shows in its health.
 */
export async function openCatalog(settings: Settings, tools: CatalogTools): Promise<OpenedCatalog> {
  const { clock, names, policyProblem, logger, metrics } = tools;
  const opened: { catalog?: NamespaceCatalog } = {};
  const folder = settings.storageBackend === 'memory' ? undefined : settings.storageDir;
  const losses = new CatalogLosses(folder, { clock, names, ...(logger && { logger }) });
  const store = await openCatalogStore(settings, tools, losses, () => {
    const { catalog } = opened;
    // What it says of its failure is in the health of the store; the next change, or the sweeper, loads it again.
    void catalog
      ?.reload()
      .then(() => losses.makeUp(catalog))
      .catch(() => undefined);
  });
  try {
    const catalog = await NamespaceCatalog.open({
      store,
      clock,
      names,
      maxRegistered: settings.namespacesMaxRegistered,
      isOptional: !isManaged(settings) && !losses.wasThere,
      ...(policyProblem && { policyProblem }),
      onAppended(row) {
        losses.trace();
        metrics?.audited(row.action);
        logger?.info(auditLine(row), 'audit');
      },
      onProblem: (problem) => logger?.error({ problem }, 'a record of the catalog cannot be read'),
    });
    opened.catalog = catalog;
    if (catalog.isLoaded && catalog.records().length > 0) losses.trace();
    await losses.makeUp(catalog);
    return { store, catalog, losses };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Whether anybody manages namespaces, as far as the settings tell: then nothing may slip through that they forbid. */
function isManaged({ adminTokens, namespacesFile, namespaceAutoCreate }: Settings): boolean {
  return adminTokens.length > 0 || namespacesFile !== undefined || !namespaceAutoCreate;
}

async function openCatalogStore(
  settings: Settings,
  { clock, logger, metrics }: CatalogTools,
  losses: CatalogLosses,
  onReplaced: () => void,
): Promise<CatalogStore> {
  if (settings.storageBackend === 'memory') return new MemoryCatalog();
  return openWorkerCatalog({
    folder: settings.storageDir,
    sync: settings.storageSync,
    clock,
    events: {
      replaced: onReplaced,
      setAside(file, newFile, kept) {
        metrics?.stateQuarantined();
        losses.setAside(kept);
        logger?.error(
          { file, newFile, keptRows: kept },
          'the catalog of namespaces is damaged; it was set aside and what is whole took its place',
        );
      },
    },
  });
}

/** How the catalog does, for `/readyz`: `degraded` as long as this process runs where something of it was lost. */
export function catalogHealth(opened: OpenedCatalog): StoreHealth {
  const health = healthNow(opened);
  const lost = opened.losses?.sentence;
  return health.status === 'ok' && lost !== undefined ? { status: 'degraded', detail: lost } : health;
}

function healthNow({ store, catalog }: OpenedCatalog): StoreHealth {
  const health = store.health();
  if (catalog.isCurrent || health.status === 'degraded') return health;
  return { status: 'degraded', detail: 'the catalog of namespaces has not been read yet' };
}

/** Where something is wrong with the catalog, finds out whether it still is. Does not wait; failures are in its health. */
export function retryCatalog(opened: OpenedCatalog, clock: Clock): void {
  const { store, catalog, losses } = opened;
  if (healthNow(opened).status === 'ok' && losses?.isMadeUp !== false) return;
  store
    .sweep(clock.now(), 1)
    .then(() => (catalog.isCurrent ? undefined : catalog.reload()))
    .then(() => losses?.makeUp(catalog))
    .catch(() => undefined);
}
