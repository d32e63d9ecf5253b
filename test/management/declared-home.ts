import { AppError } from '../../src/base/errors.js';
import type { NamespaceSpec, Plan } from '../../src/management/namespace-admin.js';
import type { CatalogStore } from '../../src/stores/catalog-store.js';
import { MemoryStore } from '../../src/stores/memory.js';
import { Home } from './home.js';

const BY = { actor: 'cli:ann', requestId: 'r1' };

/** Applying over a catalog and a store in memory. */
export class DeclaredHome {
  private constructor(private readonly home: Home) {}

  static async open(kept?: CatalogStore): Promise<DeclaredHome> {
    const state = new MemoryStore({ namespaceBytes: 1e6, totalBytes: 1e6 });
    return new DeclaredHome(await Home.open(kept === undefined ? { state } : { state, kept }));
  }

  get catalog() {
    return this.home.catalog;
  }

  get admin() {
    return this.home.management;
  }

  get clock() {
    return this.home.clock;
  }

  get store() {
    return this.home.state;
  }

  apply(
    namespaces: readonly NamespaceSpec[],
    { dryRun = false, prune = false }: { dryRun?: boolean; prune?: boolean } = {},
  ): Promise<Plan> {
    return this.admin.apply({ namespaces }, { dryRun, prune }, BY);
  }

  /** The failure of applying. */
  async refusal(namespaces: readonly NamespaceSpec[], options = {}): Promise<AppError> {
    const failure: unknown = await this.apply(namespaces, options).catch((error: unknown) => error);
    if (failure instanceof AppError) return failure;
    throw new Error(`expected a refusal, got ${JSON.stringify(failure)}`);
  }

  /** The audit log: action and namespace. */
  async log(): Promise<string[]> {
    const rows = await this.catalog.audit({}, 0, 1000);
    return rows.map(({ action, namespace }) => `${action} ${namespace}`);
  }
}

/** What changed, in words: `create acme`. */
export function told({ changes }: Plan): string[] {
  return changes.map(({ action, namespace }) => `${action} ${namespace}`);
}
