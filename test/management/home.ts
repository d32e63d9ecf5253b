import { ManualClock } from '../../src/base/clock.js';
import { ChainVerifier } from '../../src/catalog/audit-chain.js';
import { NamespaceCatalog } from '../../src/catalog/catalog.js';
import type { ManagementOptions } from '../../src/management/management-options.js';
import type { AdminCall, ErasedNamespace, NamespaceView } from '../../src/management/namespace-admin.js';
import { NamespaceManagement } from '../../src/management/namespace-management.js';
import { NamespaceNames } from '../../src/namespaces/name.js';
import { Namespace } from '../../src/namespaces/namespace.js';
import { NamespaceRegistry } from '../../src/namespaces/registry.js';
import { MemoryCatalog } from '../../src/stores/catalog-memory.js';
import type { AuditRow, CatalogStore } from '../../src/stores/catalog-store.js';
import type { Change, Store } from '../../src/stores/store.js';
import { TestStore } from '../fixtures/fake-stores.js';
import { documents, TestReranker } from '../fixtures/reranker.js';

export const BY: AdminCall = { actor: 'token:0123456789abcdef', requestId: 'r-1' };
export const GRACE_S = 100;
const LIST = documents(4);

/** What a test wants otherwise. */
export type HomeOptions = Partial<ManagementOptions> & {
  readonly state?: Store;
  readonly kept?: CatalogStore;
  readonly clock?: ManualClock;
};

/** Management over namespaces that can be used, and stores that outlive it: `again` is what a restart finds. */
export class Home {
  readonly clock: ManualClock;
  readonly state: Store;
  readonly kept: CatalogStore;
  readonly registry: NamespaceRegistry<Namespace>;
  readonly reranker: TestReranker;
  /** What happened behind the calls. */
  readonly failures: string[] = [];
  readonly purged: string[] = [];
  readonly appended: AuditRow[] = [];
  catalog!: NamespaceCatalog;
  management!: NamespaceManagement;

  private constructor(private readonly options: HomeOptions) {
    this.clock = options.clock ?? new ManualClock();
    this.state = options.state ?? new TestStore();
    this.kept = options.kept ?? new MemoryCatalog();
    this.reranker = new RegistryReranker(this);
    this.registry = new NamespaceRegistry<Namespace>({
      open: (name, onMade) => Namespace.open(name, this.reranker.dependencies, onMade),
      defaultName: 'default',
      maxBytes: 2 ** 30,
      cacheMaxBytes: 2 ** 30,
      clock: this.clock,
      onEvicted: () => undefined,
    });
  }

  static async open(options: HomeOptions = {}): Promise<Home> {
    const home = new Home(options);
    const { state: _, kept: __, clock: ___, ...more } = options;
    home.catalog = await NamespaceCatalog.open({
      store: home.kept,
      clock: home.clock,
      names: new NamespaceNames(),
      maxRegistered: 3000,
      onAppended: (row) => home.appended.push(row),
    });
    home.management = new NamespaceManagement({
      catalog: home.catalog,
      store: home.state,
      residents: home.registry,
      names: { defaultName: 'default' },
      clock: home.clock,
      graceS: GRACE_S,
      drainTimeoutMs: 0,
      settings: { consistency: 'strong', cache_enabled: true },
      events: {
        failed: (what, namespace, error) =>
          home.failures.push(`${what} ${namespace}: ${(error as Error).message}`),
        purged: (namespace) => home.purged.push(namespace),
      },
      ...more,
    });
    return home;
  }

  /** Another process over the same stores, after a crash of this one: nothing was closed or saved. */
  again(options: HomeOptions = {}): Promise<Home> {
    const { clock, state, kept } = this;
    return Home.open({ ...this.options, clock, state, kept, ...options });
  }

  /** Ranks and learns in a namespace, so that there is something of it. */
  async use(name: string): Promise<void> {
    await this.registry.use(name, async () => {
      await this.reranker.visit(`a query of ${name}`, LIST, ['d1'], { namespace: name });
    });
  }

  /** Stores so many remembered queries of a namespace that is not open. */
  async store(name: string, cells: number): Promise<void> {
    const changes: Change[] = Array.from({ length: cells }, (_, index) => ({
      put: { kind: 'cell', key: `c${index}`, value: '{}' },
    }));
    await this.state.commit(name, changes);
  }

  async auditRows(): Promise<AuditRow[]> {
    return this.kept.audit({}, 0, 100_000);
  }

  /** Actions of a namespace so far, without those of others. */
  async actions(namespace: string): Promise<string[]> {
    return (await this.kept.audit({ namespace }, 0, 1000)).map(({ action }) => action);
  }

  /** What is wrong with the audit log; null = nothing. */
  async chainProblem() {
    const verifier = new ChainVerifier();
    verifier.add(await this.auditRows());
    return verifier.problem();
  }

  create(id: string, more: object = {}): Promise<NamespaceView> {
    return this.management.create({ id, ...more }, BY).then(({ namespace }) => namespace);
  }

  async purge(id: string): Promise<ErasedNamespace> {
    return (await this.management.remove(id, { force: true }, BY)) as ErasedNamespace;
  }
}

/** Ranks in the namespaces that the registry has. */
class RegistryReranker extends TestReranker {
  constructor(private readonly home: Pick<Home, 'state' | 'clock' | 'registry'>) {
    super({ store: home.state, clock: home.clock });
  }

  override namespace(name = 'one'): Promise<Namespace> {
    return this.home.registry.use(name, async (namespace) => namespace);
  }
}

/** What an `AppError` says, for `toMatchObject`. */
export function failing(code: string, message?: unknown) {
  return { name: 'AppError', code, ...(message === undefined ? {} : { message }) };
}
