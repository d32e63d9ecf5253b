import type { Logger } from 'pino';
import type { Metrics } from './base/metrics.js';
import type { Sparingly } from './base/sparingly.js';
import type { Effective } from './catalog/effective.js';
import type { Policies } from './catalog/policies.js';
import type { NamespaceRecord } from './catalog/record.js';
import { isLeaving } from './catalog/status.js';
import type { ScorerChoice } from './compose-scorers.js';
import type { Namespace } from './namespaces/namespace.js';
import { type NamespacePolicies, NO_POLICIES, type PolicyWeights } from './namespaces/namespace-policies.js';
import { reconfigure } from './namespaces/reconfigure.js';
import type { NamespaceRegistry } from './namespaces/registry.js';
import type { StockQuota } from './namespaces/stock.js';
import { Stocks } from './namespaces/stocks.js';
import type { CacheStore } from './stores/cache-store.js';
import type { Store, StoreUsage } from './stores/store.js';

/** What of the catalog is needed here; see `NamespaceCatalog`. */
export interface PolicySource {
  readonly isLoaded: boolean;
  effective(name: string): Effective;
  records(): readonly NamespaceRecord[];
  onChange(listener: (ids: readonly string[] | null) => void): () => void;
}

export interface PolicyParts {
  readonly store: Store;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly sparingly: Sparingly;
}

export interface PolicyWatch {
  /** Tries again what failed, if anything did; does not wait. */
  retry(): void;
  stop(): void;
}

/** What the settings alone decide: nobody registered anything. */
const NO_CHOICE: ScorerChoice = Object.freeze({});
const NO_QUOTAS: readonly StockQuota[] = Object.freeze([]);

/** What the layers below the catalog go by: its policies and quotas in their shapes, one look-up each. */
export class ManagedPolicies {
  /** What namespaces may hold. */
  readonly stock: Stocks;
  private readonly mapped = new WeakMap<Policies, NamespacePolicies>();
  private readonly choices = new WeakMap<Policies, ScorerChoice>();
  private readonly quotas = new WeakMap<Effective, readonly StockQuota[]>();
  /** Namespaces that have been without caches ever since the disk has nothing cached of them. */
  private readonly dropped = new Set<string>();
  /** Changes of policies so far. */
  private changes = 0;

  /** Without a source the settings decide everything. */
  constructor(
    private readonly source: PolicySource | undefined,
    private readonly parts: PolicyParts,
  ) {
    const { store } = parts;
    this.stock = new Stocks({
      quotasOf: (name) => this.quotasOf(name),
      names: () => store.namespaces(),
      measure: async (name) => holdingsOf(await store.usage(name)),
      onExceeded: (name, quota, message) => this.exceeded(name, quota, message),
    });
  }

  readonly policiesOf = (name: string): NamespacePolicies => {
    if (this.source === undefined) return NO_POLICIES;
    const { policies } = this.source.effective(name);
    return remembered(this.mapped, policies, toNamespacePolicies);
  };

  readonly choiceOf = (name: string): ScorerChoice => {
    if (this.source === undefined) return NO_CHOICE;
    const { policies } = this.source.effective(name);
    return remembered(this.choices, policies, toChoice);
  };

  readonly daysOf = (name: string): number | null | undefined => this.policiesOf(name).retentionDays;

  /** Whether memory goes by age anywhere by a policy. Costs a look at every record. */
  readonly isRetentionSet = (): boolean =>
    this.source?.isLoaded === true &&
    this.source.records().some(({ policies }) => typeof policies.retention_days === 'number');

  /** The cache on disk, for those whose policies let it keep anything and that are not on their way out; of others it has nothing. */
  keeping(cache: CacheStore): Pick<CacheStore, 'getMany' | 'put'> {
    const isLeft = (name: string) =>
      this.source !== undefined && isLeaving(this.source.effective(name).status);
    const isKept = (name: string) => !this.isUncached(name) && !isLeft(name);
    return {
      getMany: async (name, keys) => (isKept(name) ? cache.getMany(name, keys) : keys.map(() => undefined)),
      put: (name, entries) => {
        if (isKept(name)) cache.put(name, entries);
      },
    };
  }

  /**
   * Goes by every change from now on, until `stop`. What a failing disk did not let go is tried again by `retry`; open
   * namespaces that could not be changed are maintenance's.
   */
  watch(registry: NamespaceRegistry<Namespace>, cache: CacheStore | undefined): PolicyWatch {
    const { store } = this.parts;
    const failed = (operation: string, error: Error) => this.failed(operation, error);
    let isBehind = false;
    let isDropping = false;
    const drop = async (cache: CacheStore): Promise<void> => {
      if (isDropping) return;
      isDropping = true;
      try {
        for (isBehind = true; isBehind; ) isBehind = !(await this.dropUncached(cache));
      } catch (error) {
        failed('cache drop', error as Error);
      } finally {
        isDropping = false;
      }
    };
    const goBy = (): void => {
      this.stock.reset();
      this.forgetCached();
      reconfigure(registry, store, failed);
      if (cache !== undefined) void drop(cache);
    };
    goBy();
    const stop = this.source?.onChange(goBy) ?? (() => undefined);
    return { stop, retry: () => isBehind && cache !== undefined && void drop(cache) };
  }

  /** Policies may be others now: of who may keep something cached again, the disk may have something. */
  private forgetCached(): void {
    this.changes++;
    for (const name of this.dropped) if (!this.isUncached(name)) this.dropped.delete(name);
  }

  private isUncached(name: string): boolean {
    return this.policiesOf(name).cacheEnabled === false;
  }

  /**
   * Takes off the disk what was cached of namespaces that are to keep nothing; once each. Answers whether that is all:
   * policies that change meanwhile want another go. Rejects with `StorageError`.
   */
  private async dropUncached(cache: CacheStore): Promise<boolean> {
    const { source, changes } = this;
    if (source?.isLoaded !== true) return true;
    if (!source.records().some(({ policies }) => policies.cache_enabled === false)) return true;
    const names = new Set([
      ...source.records().map(({ id }) => id),
      ...(await this.parts.store.namespaces()),
    ]);
    for (const name of names) {
      if (this.dropped.has(name) || !this.isUncached(name)) continue;
      await cache.drop(name);
      // What was kept in between may have come after the drop.
      if (changes !== this.changes) return false;
      this.dropped.add(name);
    }
    for (const name of this.dropped) if (!names.has(name)) this.dropped.delete(name);
    return changes === this.changes;
  }

  private quotasOf(name: string): readonly StockQuota[] {
    if (this.source === undefined) return NO_QUOTAS;
    return remembered(this.quotas, this.source.effective(name), toStockQuotas);
  }

  private exceeded(namespace: string, { pool, quota }: StockQuota, message: string): void {
    const held = this.parts.sparingly.turn(`quota ${pool} ${quota}`);
    if (held !== undefined)
      this.parts.logger.warn({ namespace, pool, quota, held }, `${message}; its action is alert`);
  }

  private failed(operation: string, error: Error): void {
    const { metrics, sparingly, logger } = this.parts;
    metrics.storageFailed(operation);
    const held = sparingly.turn(operation);
    if (held !== undefined)
      logger.warn({ err: error, held }, `background ${operation} failed; it will be tried again`);
  }
}

/** What `policies` choose to score with; for `Scorers.problem` before they are set. */
export function toChoice({ scorer, upstream }: Policies): ScorerChoice {
  if (scorer === undefined && upstream === undefined) return NO_CHOICE;
  if (upstream === undefined) return { scorer };
  const { url, dialect, model, api_key_name: apiKeyName } = upstream;
  return { scorer, upstream: { url, dialect, model, apiKeyName } };
}

/** Policies in the shape that namespaces know. */
export function toNamespacePolicies(policies: Policies): NamespacePolicies {
  const { cache_ttl_seconds: ttlS } = policies;
  const weights: PolicyWeights = {
    ...(policies.weight_dense === undefined ? {} : { weightDense: policies.weight_dense }),
    ...(policies.weight_narrative === undefined ? {} : { weightNarrative: policies.weight_narrative }),
    ...(policies.weight_pheromone === undefined ? {} : { weightPheromone: policies.weight_pheromone }),
  };
  const mapped: NamespacePolicies = {
    retentionDays: policies.retention_days,
    cacheEnabled: policies.cache_enabled,
    cacheTtlMs: ttlS === undefined ? undefined : ttlS * 1000,
    consistency: policies.consistency,
    weights: Object.keys(weights).length === 0 ? undefined : weights,
  };
  return Object.values(mapped).every((value) => value === undefined) ? NO_POLICIES : Object.freeze(mapped);
}

/** The quotas of what a namespace holds, of all the pools it draws from. */
export function toStockQuotas({ levels }: Effective): readonly StockQuota[] {
  const quotas = levels.flatMap(({ id, quotas }) =>
    (['max_vectors', 'max_storage_bytes', 'max_memory_mb'] as const).flatMap((quota): StockQuota[] => {
      const spec = quotas.get(quota);
      if (spec === undefined) return [];
      const limit = quota === 'max_memory_mb' ? spec.limit * 2 ** 20 : spec.limit;
      return [{ pool: id, quota, limit, isRefusing: spec.action !== 'alert' }];
    }),
  );
  return quotas.length === 0 ? NO_QUOTAS : Object.freeze(quotas);
}

function holdingsOf({ rows, bytes }: StoreUsage): { cells: number; storedBytes: number } {
  return { cells: rows.cell, storedBytes: Object.values(bytes).reduce((sum, size) => sum + size, 0) };
}

function remembered<Key extends object, Value>(
  known: WeakMap<Key, Value>,
  key: Key,
  make: (key: Key) => Value,
): Value {
  let value = known.get(key);
  if (value === undefined) {
    value = make(key);
    known.set(key, value);
  }
  return value;
}
