import { LRUCache } from 'lru-cache';

/** What is measured of a namespace; see `Resident`. */
interface Measured {
  readonly bytes: number;
  readonly cacheBytes: number;
  trimCaches(bytes: number): void;
}

/** An open namespace and who is inside. */
export interface Entry<T> {
  readonly name: string;
  readonly resident: T;
  /** Uses inside, and saves under way. */
  users: number;
  /** As last measured: what the totals contain of it. */
  bytes: number;
  cacheBytes: number;
  lastUsedAt: number;
  /** Not evicted before, because saving it failed. */
  evictableAt: number;
  /** False while it is being evicted. */
  isListed: boolean;
  /** Called when the last use ends, while it is being evicted. */
  onDrained?: () => void;
}

export interface ResidentBounds {
  readonly defaultName: string;
  readonly maxNamespaces?: number | undefined;
  readonly maxBytes: number;
  readonly cacheMaxBytes: number;
}

/** The entries that may be used, in the order of their last use, with running totals; the default stands outside. */
export class Residents<T extends Measured> {
  /** Each counts as one, which leaves the cache without a bound of its own: entries never leave it by themselves. */
  private readonly entries = new LRUCache<string, Entry<T>>({
    maxSize: Number.MAX_SAFE_INTEGER,
    sizeCalculation: () => 1,
  });
  private defaultEntry: Entry<T> | undefined;
  private totalBytes = 0;
  private totalCacheBytes = 0;

  constructor(private readonly bounds: ResidentBounds) {}

  /** Bytes as last measured, without and of the caches. */
  get size(): { namespaces: number; bytes: number; cacheBytes: number } {
    return { namespaces: this.count(), bytes: this.totalBytes, cacheBytes: this.totalCacheBytes };
  }

  /** The last used first, the default at the end. */
  all(): Entry<T>[] {
    return [...this.entries.values(), ...(this.defaultEntry ? [this.defaultEntry] : [])];
  }

  /** All but the default. */
  evictable(): Entry<T>[] {
    return [...this.entries.values()];
  }

  /** Counts as a use in the order. */
  get(name: string): Entry<T> | undefined {
    return name === this.bounds.defaultName ? this.defaultEntry : this.entries.get(name);
  }

  /** Leaves the order as it is. */
  peek(name: string): Entry<T> | undefined {
    return name === this.bounds.defaultName ? this.defaultEntry : this.entries.peek(name);
  }

  add(entry: Entry<T>): void {
    if (entry.name === this.bounds.defaultName) this.defaultEntry = entry;
    else this.entries.set(entry.name, entry);
    entry.isListed = true;
    entry.bytes = 0;
    entry.cacheBytes = 0;
    this.measure(entry);
  }

  remove(entry: Entry<T>): void {
    if (entry === this.defaultEntry) this.defaultEntry = undefined;
    else this.entries.delete(entry.name);
    entry.isListed = false;
    this.totalBytes -= entry.bytes;
    this.totalCacheBytes -= entry.cacheBytes;
  }

  /** Brings the totals up to date with one entry. */
  measure(entry: Entry<T>): void {
    if (!entry.isListed) return;
    const { bytes, cacheBytes } = entry.resident;
    this.totalBytes += bytes - entry.bytes;
    this.totalCacheBytes += cacheBytes - entry.cacheBytes;
    entry.bytes = bytes;
    entry.cacheBytes = cacheBytes;
  }

  /** Whether a bound is exceeded `times` over, counting `others` besides what is listed. */
  isOver(times = 1, others: Iterable<Entry<T>> = []): boolean {
    let count = this.count();
    let bytes = this.totalBytes;
    for (const entry of others) {
      count += 1;
      bytes += entry.bytes;
    }
    return this.reasonToEvict(count, bytes, times) !== undefined;
  }

  /** Whom to evict until the bounds hold: least recently used first, of those that `mayGo`. */
  surplus(mayGo: (entry: Entry<T>) => boolean): { entry: Entry<T>; reason: 'count' | 'bytes' }[] {
    const chosen: { entry: Entry<T>; reason: 'count' | 'bytes' }[] = [];
    let count = this.count();
    let bytes = this.totalBytes;
    if (!this.isOver()) return chosen;
    for (const entry of this.entries.rvalues() as Iterable<Entry<T>>) {
      const reason = this.reasonToEvict(count, bytes, 1);
      if (!reason) break;
      if (!mayGo(entry)) continue;
      chosen.push({ entry, reason });
      count -= 1;
      bytes -= entry.bytes;
    }
    return chosen;
  }

  /** Trims caches, those of the least recently used first, until they are within their bound. */
  trimCaches(): void {
    const { cacheMaxBytes } = this.bounds;
    if (this.totalCacheBytes <= cacheMaxBytes) return;
    const leastUsedFirst = this.evictable().reverse();
    if (this.defaultEntry) leastUsedFirst.push(this.defaultEntry);
    for (const entry of leastUsedFirst) {
      if (this.totalCacheBytes <= cacheMaxBytes) return;
      if (entry.cacheBytes === 0) continue;
      entry.resident.trimCaches(this.totalCacheBytes - cacheMaxBytes);
      this.measure(entry);
    }
  }

  /** Bytes of the entries that are meant, caches included, measured now. */
  bytesOf(isMeant: (name: string) => boolean): number {
    let bytes = 0;
    for (const entry of this.all()) {
      if (!isMeant(entry.name)) continue;
      this.measure(entry);
      bytes += entry.bytes + entry.cacheBytes;
    }
    return bytes;
  }

  /**
   * Trims caches of the entries that are meant until all of them together take no more than `maxBytes`, the least recently
   * used first. Answers whom to evict beyond that, of those that `mayGo`, in the same order.
   */
  trimFamily(
    isMeant: (name: string) => boolean,
    maxBytes: number,
    mayGo: (entry: Entry<T>) => boolean,
  ): Entry<T>[] {
    let bytes = this.bytesOf(isMeant);
    const leastUsedFirst = this.all()
      .reverse()
      .filter(({ name }) => isMeant(name));
    for (const entry of leastUsedFirst) {
      if (bytes <= maxBytes) return [];
      const before = entry.cacheBytes;
      if (before === 0) continue;
      entry.resident.trimCaches(bytes - maxBytes);
      this.measure(entry);
      bytes += entry.cacheBytes - before;
    }
    const leaving: Entry<T>[] = [];
    for (const entry of leastUsedFirst) {
      if (bytes <= maxBytes) break;
      if (entry === this.defaultEntry || !mayGo(entry)) continue;
      leaving.push(entry);
      bytes -= entry.bytes + entry.cacheBytes;
    }
    return leaving;
  }

  private count(): number {
    return this.entries.size + (this.defaultEntry ? 1 : 0);
  }

  private reasonToEvict(count: number, bytes: number, times: number): 'count' | 'bytes' | undefined {
    const { maxNamespaces = Number.POSITIVE_INFINITY, maxBytes } = this.bounds;
    if (count > maxNamespaces * times) return 'count';
    return bytes > maxBytes * times ? 'bytes' : undefined;
  }
}
