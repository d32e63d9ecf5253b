import type { Clock } from '../base/clock.js';
import type { NamespaceCatalog } from '../catalog/catalog.js';
import type { PolicyName } from '../catalog/policies.js';
import type { QuotaName } from '../catalog/quota.js';
import type { NamespaceFigures } from '../namespaces/namespace-figures.js';
import type { CacheStore } from '../stores/cache-store.js';
import type { Store } from '../stores/store.js';

/** What managing namespaces needs of the rest of the program. Who manages a folder alone has no residents, no admission. */
export interface ManagementOptions {
  readonly catalog: NamespaceCatalog;
  readonly store: StateStore;
  /** Of what is cached on disk; absent: nothing is. */
  readonly cache?: Pick<CacheStore, 'erase' | 'count'> | undefined;
  readonly residents: Residents;
  readonly names: { readonly defaultName: string };
  readonly clock: Clock;
  /** Between a deletion and its purge, unless the call says otherwise; seconds. */
  readonly graceS: number;
  /** For requests inside a namespace that is purged. */
  readonly drainTimeoutMs: number;
  readonly admission?: AdmissionControl | undefined;
  /** The pair caches in memory. Answers how many pairs it forgot. */
  readonly pairs?: { forget(wish: { readonly namespace: string }): number } | undefined;
  /** What policies are where no namespace says otherwise. */
  readonly settings: Readonly<Partial<Record<PolicyName, unknown>>>;
  /** Whether a namespace does less than it should because its store fails. One look-up. */
  readonly isDegraded?: ((name: string) => boolean) | undefined;
  /** Which shard serves all namespaces; default `local`. */
  readonly shardId?: string | undefined;
  readonly events?: Partial<ManagementEvents> | undefined;
}

/** Told of what happens behind calls; each returns at once and never throws. */
export interface ManagementEvents {
  /** Nothing is left of it: whatever else names it (labels of metrics, jobs) forgets it. */
  purged(namespace: string): void;
  /** Something behind the calls failed, and will be tried again; null = it was of no one namespace. */
  failed(what: 'purge' | 'sweep' | 'auto-raise', namespace: string | null, error: unknown): void;
}

export type StateStore = Pick<Store, 'name' | 'namespaces' | 'usage' | 'get' | 'erase'>;

/** An open namespace, as far as it is looked at here. */
export interface Resident {
  readonly ready: boolean;
  readonly bytes: number;
  readonly cacheBytes: number;
  readonly figures: NamespaceFigures;
}

/** The open namespaces: a `NamespaceRegistry`, or `NO_RESIDENTS`. */
export interface Residents {
  names(): string[];
  peek(name: string): Resident | undefined;
  /** As `NamespaceRegistry.evict`. */
  evict(
    name: string,
    reason: 'dropped',
    whileGone: () => Promise<void>,
    patience: Promise<void>,
  ): Promise<boolean>;
}

/** Of a program that opens no namespaces. */
export const NO_RESIDENTS: Residents = {
  names: () => [],
  peek: () => undefined,
  async evict(_name, _reason, whileGone) {
    await whileGone();
    return true;
  },
};

/** What admission does for those who manage. */
export interface AdmissionControl {
  /** Resolves once nobody is inside a namespace that admits nobody any more; those still inside after the time are ended. */
  drain(namespace: string, timeoutMs: number): Promise<unknown>;
  /** Keeps nothing of a namespace that is gone. */
  forget(namespace: string): void | Promise<void>;
  /** The largest share of a quota used, and a sentence for each from its threshold on: "<quota> of <id> is used to …". */
  utilisation(namespace: string): { readonly share: number; readonly warnings: readonly string[] };
  /** How much is used of each quota that holds, pool by pool. */
  uses(namespace: string): readonly {
    readonly quota: QuotaName;
    readonly levelId: string;
    readonly limit: number;
    readonly used: number;
    readonly share: number;
  }[];
}
