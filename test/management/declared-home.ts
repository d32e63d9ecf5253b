import { ManualClock } from '../../src/base/clock.js';
import { AppError } from '../../src/base/errors.js';
import { NamespaceCatalog } from '../../src/catalog/catalog.js';
import { NO_RESIDENTS } from '../../src/management/management-options.js';
import type { Declared, NamespaceSpec, Plan } from '../../src/management/namespace-admin.js';
import { NamespaceManagement } from '../../src/management/namespace-management.js';
import { NamespaceNames } from '../../src/namespaces/name.js';
import { MemoryCatalog } from '../../src/stores/catalog-memory.js';
import type { CatalogStore } from '../../src/stores/catalog-store.js';
import { MemoryStore } from '../../src/stores/memory.js';

export const GRACE_S = 3600;
const BY = { actor: 'cli:ann', requestId: 'r1' };

/** Managing over a catalog and a store in memory. */
export class DeclaredHome {
  readonly clock = new ManualClock();
  readonly store = new MemoryStore({ namespaceBytes: 1e6, totalBytes: 1e6 });

  private constructor(
    readonly catalog: NamespaceCatalog,
    readonly catalogStore: CatalogStore,
    readonly admin: NamespaceManagement,
  ) {}

  static async open(catalogStore: CatalogStore = new MemoryCatalog()): Promise<DeclaredHome> {
    const clock = new ManualClock();
    const store = new MemoryStore({ namespaceBytes: 1e6, totalBytes: 1e6 });
    const names = new NamespaceNames();
    const catalog = await NamespaceCatalog.open({ store: catalogStore, clock, names, maxRegistered: 1000 });
    const admin = new NamespaceManagement({
      catalog,
      store,
      clock,
      names,
      residents: NO_RESIDENTS,
      graceS: GRACE_S,
      drainTimeoutMs: 0,
      settings: {},
    });
    return Object.assign(new DeclaredHome(catalog, catalogStore, admin), { clock, store });
  }

  apply(
    namespaces: readonly NamespaceSpec[],
    options: { dryRun?: boolean; prune?: boolean } = {},
  ): Promise<Plan> {
    const { dryRun = false, prune = false } = options;
    return this.admin.apply({ namespaces } satisfies Declared, { dryRun, prune }, BY);
  }

  /** The failure of applying. */
  async refusal(namespaces: readonly NamespaceSpec[], options = {}): Promise<AppError> {
    const failure: unknown = await this.apply(namespaces, options).catch((error: unknown) => error);
    if (failure instanceof AppError) return failure;
    throw new Error(`expected a refusal, got ${JSON.stringify(failure)}`);
  }

  /** The audit log: action, namespace, actor. */
  async log(): Promise<string[]> {
    const rows = await this.catalog.audit({}, 0, 1000);
    return rows.map(({ action, namespace }) => `${action} ${namespace}`);
  }
}

/** What changed, in words: `create acme`. */
export function told({ changes }: Plan): string[] {
  return changes.map(({ action, namespace }) => `${action} ${namespace}`);
}
