import { Pace } from '../base/pace.js';
import {
  type ExceededQuota,
  type Holdings,
  QuotaError,
  type Release,
  type Stock,
  type StockQuota,
} from './stock.js';

export interface StocksOptions {
  /** See `Stock`; the same array while nothing changes. */
  quotasOf(name: string): readonly StockQuota[];
  /** Names of all namespaces that are stored. Rejects with `StorageError`. */
  names(): Promise<readonly string[]>;
  /** What is stored of a namespace that nobody told of yet. Rejects with `StorageError`. */
  measure(name: string): Promise<Holdings>;
  /** A feedback passed a quota that only tells. */
  onExceeded(name: string, quota: StockQuota, message: string): void;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The names of each pool's members, as far as they were met. */
type Families = Map<string, Set<string>>;

const NOTHING: Holdings = { cells: 0, storedBytes: 0 };

/**
 * Room by pools. What a namespace holds it tells itself; what those hold that are not open is asked of the store, once,
 * when a pool they draw from is first needed. Taking room looks at one sum a quota, and nothing waits in between: namespaces
 * that take at the same time never exceed a limit together.
 */
export class Stocks implements Stock {
  private readonly held = new Map<string, Holdings>();
  /** What the members of a pool hold together, where that was needed. */
  private readonly sums = new Map<string, Mutable<Holdings>>();
  /** Pools whose sum was made by other quotas or families: it holds until there is a new one. */
  private readonly outdated = new Set<string>();
  /** What is taken and not yet noted, by pool. */
  private readonly taken = new Map<string, Mutable<Holdings>>();
  /** Resident bytes by pool, as last measured. */
  private readonly memory = new Map<string, number>();
  private readonly summing = new Map<string, { promise?: Promise<void> }>();
  private families: Families | undefined;
  private classifying: Promise<Families> | undefined;

  constructor(private readonly options: StocksOptions) {}

  quotasOf(name: string): readonly StockQuota[] {
    return this.options.quotasOf(name);
  }

  /** Quotas or families are others than before: pools are summed anew. */
  reset(): void {
    for (const pool of this.sums.keys()) this.outdated.add(pool);
    this.summing.clear();
    this.families = undefined;
    this.classifying = undefined;
  }

  /** What is stored of a namespace was changed by others, or is gone; it is measured anew when that is needed. */
  forget(name: string): void {
    this.change(name, NOTHING);
    this.held.delete(name);
    for (const pool of this.poolsOf(name)) {
      if (this.sums.has(pool)) this.outdated.add(pool);
      this.summing.delete(pool);
    }
  }

  async settle(name: string): Promise<void> {
    for (const pool of this.poolsOf(name)) await this.summed(pool);
  }

  isKnown(name: string): boolean {
    return this.quotasOf(name).every(({ pool }) => this.sums.has(pool));
  }

  async take(name: string, holds: Holdings, added: Holdings): Promise<Release> {
    let pools: string[];
    do {
      pools = this.poolsOf(name);
      for (const pool of pools) await this.summed(pool);
    } while (!pools.every((pool) => this.isCurrent(pool)));
    // Nothing waits from here on.
    this.note(name, holds);
    for (const quota of this.quotasOf(name)) {
      const exceeded = this.problem(quota, added);
      if (exceeded === undefined) continue;
      if (quota.isRefusing) throw new QuotaError(exceeded);
      this.options.onExceeded(name, quota, exceeded.message);
    }
    this.reserve(pools, added, 1);
    return (now) => {
      this.reserve(pools, added, -1);
      this.note(name, now);
    };
  }

  note(name: string, holds: Holdings): void {
    this.change(name, holds);
    if (this.families !== undefined) for (const pool of this.poolsOf(name)) join(this.families, pool, name);
  }

  private change(name: string, holds: Holdings): void {
    const before = this.held.get(name) ?? NOTHING;
    this.held.set(name, holds);
    for (const pool of this.poolsOf(name)) {
      const sum = this.sums.get(pool);
      if (sum === undefined) continue;
      sum.cells += holds.cells - before.cells;
      sum.storedBytes += holds.storedBytes - before.storedBytes;
    }
  }

  /** Bytes that the open members of a pool take, caches included. */
  setMemory(pool: string, bytes: number): void {
    this.memory.set(pool, bytes);
  }

  isFull(name: string): boolean {
    for (const { pool, quota, limit, isRefusing } of this.quotasOf(name)) {
      if (!isRefusing) continue;
      if (quota === 'max_memory_mb' && (this.memory.get(pool) ?? 0) > limit) return true;
      if (quota === 'max_storage_bytes' && (this.sums.get(pool)?.storedBytes ?? 0) >= limit) return true;
    }
    return false;
  }

  /** What a pool's members hold, if it was needed so far; for whoever shows it, at once. */
  use(pool: string): Readonly<Holdings> | undefined {
    return this.sums.get(pool);
  }

  /** Bytes that the open members of a pool take, as last measured. */
  memoryOf(pool: string): number | undefined {
    return this.memory.get(pool);
  }

  private problem({ pool, quota, limit }: StockQuota, added: Holdings): ExceededQuota | undefined {
    const { cells, storedBytes } = this.sums.get(pool)!;
    const taken = this.taken.get(pool) ?? NOTHING;
    if (quota === 'max_vectors') {
      const used = cells + taken.cells;
      if (added.cells <= 0 || used + added.cells <= limit) return undefined;
      const message = `Upsert would exceed vector quota: ${used} + ${added.cells} > ${limit}`;
      return { pool, quota, needed: used + added.cells, message };
    }
    const [what, used] =
      quota === 'max_storage_bytes'
        ? ['Storage', storedBytes + taken.storedBytes + added.storedBytes]
        : ['Memory', this.memory.get(pool) ?? 0];
    if (used <= limit) return undefined;
    return { pool, quota, needed: used, message: `${what} quota exceeded: ${used} / ${limit} bytes` };
  }

  private reserve(pools: readonly string[], { cells, storedBytes }: Holdings, sign: 1 | -1): void {
    for (const pool of pools) {
      const taken = this.taken.get(pool) ?? { ...NOTHING };
      taken.cells += sign * cells;
      taken.storedBytes += sign * storedBytes;
      if (taken.cells === 0 && taken.storedBytes === 0) this.taken.delete(pool);
      else this.taken.set(pool, taken);
    }
  }

  private poolsOf(name: string): string[] {
    return [...new Set(this.quotasOf(name).map(({ pool }) => pool))];
  }

  private isCurrent(pool: string): boolean {
    return this.sums.has(pool) && !this.outdated.has(pool);
  }

  private async summed(pool: string): Promise<void> {
    if (this.isCurrent(pool)) return;
    let under = this.summing.get(pool);
    if (under === undefined) {
      const own: { promise?: Promise<void> } = {};
      under = own;
      this.summing.set(pool, own);
      own.promise = this.sumUp(pool, () => this.summing.get(pool) === own).finally(() => {
        if (this.summing.get(pool) === own) this.summing.delete(pool);
      });
    }
    await under.promise;
  }

  /** Measures the members that are not known, then sums up in one go. What is not wanted any more by then is better than nothing. */
  private async sumUp(pool: string, isWanted: () => boolean): Promise<void> {
    const families = await this.classified();
    const members = () => families.get(pool) ?? new Set<string>();
    for (const name of [...members()]) {
      if (this.held.has(name)) continue;
      const measured = await this.options.measure(name);
      // Who told of itself meanwhile knows better.
      if (!this.held.has(name)) this.held.set(name, measured);
    }
    if (!isWanted() && this.sums.has(pool)) return;
    const sum = { ...NOTHING };
    for (const name of members()) {
      const { cells, storedBytes } = this.held.get(name) ?? NOTHING;
      sum.cells += cells;
      sum.storedBytes += storedBytes;
    }
    this.sums.set(pool, sum);
    if (isWanted()) this.outdated.delete(pool);
    else this.outdated.add(pool);
  }

  private async classified(): Promise<Families> {
    if (this.families !== undefined) return this.families;
    this.classifying ??= this.classify();
    const { classifying } = this;
    try {
      const families = await classifying;
      if (this.classifying === classifying && this.families === undefined) {
        this.families = families;
        this.dropGone(families);
      }
      return families;
    } catch (error) {
      if (this.classifying === classifying) this.classifying = undefined;
      throw error;
    }
  }

  /** Pools that nobody draws from any more hold nothing. */
  private dropGone(families: Families): void {
    for (const known of [this.sums, this.memory])
      for (const pool of known.keys()) if (!families.has(pool)) known.delete(pool);
    for (const pool of this.outdated) if (!families.has(pool)) this.outdated.delete(pool);
  }

  /** The namespaces by the pools they draw from. */
  private async classify(): Promise<Families> {
    const families: Families = new Map();
    const pace = new Pace();
    const add = (name: string): void => {
      for (const pool of this.poolsOf(name)) join(families, pool, name);
    };
    for (const name of await this.options.names()) {
      if (pace.due()) await pace.rest();
      add(name);
    }
    // Those that told of themselves meanwhile; they may not be stored yet.
    for (const name of this.held.keys()) add(name);
    return families;
  }
}

function join(families: Families, pool: string, name: string): void {
  families.set(pool, (families.get(pool) ?? new Set()).add(name));
}
