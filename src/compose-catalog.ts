import type { Logger } from 'pino';
import type { Clock } from './base/clock.js';
import type { Metrics } from './base/metrics.js';
import type { Settings } from './base/settings/table.js';
import { NamespaceCatalog } from './catalog/catalog.js';
import type { Policies } from './catalog/policies.js';
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
  const store = await openCatalogStore(settings, tools, () => {
    // What it says of its failure is in the health of the store; the next change, or the sweeper, loads it again.
    void opened.catalog?.reload().catch(() => undefined);
  });
  try {
    const catalog = await NamespaceCatalog.open({
      store,
      clock,
      names,
      maxRegistered: settings.namespacesMaxRegistered,
      isOptional: !isManaged(settings),
      ...(policyProblem && { policyProblem }),
      onAppended(row) {
        metrics?.audited(row.action);
        logger?.info(auditLine(row), 'audit');
      },
      onProblem: (problem) => logger?.error({ problem }, 'a record of the catalog cannot be read'),
    });
    opened.catalog = catalog;
    return { store, catalog };
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
        logger?.error(
          { file, newFile, keptRows: kept },
          'the catalog of namespaces is damaged; it was set aside and what is whole took its place',
        );
      },
    },
  });
}

/** How the catalog does, for `/readyz`. */
export function catalogHealth({ store, catalog }: OpenedCatalog): StoreHealth {
  const health = store.health();
  if (catalog.isCurrent || health.status === 'degraded') return health;
  return { status: 'degraded', detail: 'the catalog of namespaces has not been read yet' };
}

/** Where something is wrong with the catalog, finds out whether it still is. Does not wait; failures are in its health. */
export function retryCatalog({ store, catalog }: OpenedCatalog, clock: Clock): void {
  if (catalogHealth({ store, catalog }).status === 'ok') return;
  store
    .sweep(clock.now(), 1)
    .then(() => (catalog.isCurrent ? undefined : catalog.reload()))
    .catch(() => undefined);
}
