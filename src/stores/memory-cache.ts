import { LRUCache } from 'lru-cache';
import type { Clock } from '../base/clock.js';
import { assertKey, type CacheEntry, type CacheHealth, type CacheStore } from './cache-store.js';
import { type ErasedState, StorageError } from './store.js';

/** What an entry takes besides its key and value, about. */
const OVERHEAD_BYTES = 150;

export interface MemoryCacheOptions {
  readonly maxBytes: number;
  readonly clock: Clock;
}

/** Keeps entries as long as the process lives, those used least recently for the shortest time. */
export class MemoryCache implements CacheStore {
  readonly name = 'memory';
  private readonly entries: LRUCache<string, CacheEntry>;
  private isClosed = false;

  constructor(private readonly options: MemoryCacheOptions) {
    this.entries = new LRUCache({
      maxSize: options.maxBytes,
      sizeCalculation: ({ value }, name) => value.byteLength + 2 * name.length + OVERHEAD_BYTES,
    });
  }

  async getMany(namespace: string, keys: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    this.assertOpen();
    const now = this.options.clock.now();
    return keys.map((key) => {
      const entry = this.entries.get(nameOf(namespace, key));
      return entry === undefined || (entry.expiresAt ?? now + 1) <= now ? undefined : entry.value.slice();
    });
  }

  put(namespace: string, entries: readonly CacheEntry[]): void {
    this.assertOpen();
    for (const { key } of entries) assertKey(key);
    for (const entry of entries) {
      this.entries.set(nameOf(namespace, entry.key), { ...entry, value: Uint8Array.from(entry.value) });
    }
  }

  async drop(namespace: string): Promise<void> {
    this.remove((name) => name.startsWith(nameOf(namespace, '')));
  }

  async erase(namespace: string): Promise<ErasedState> {
    const removed = { rows: 0, bytes: 0 };
    this.remove((name, { value }) => {
      const isMeant = name.startsWith(nameOf(namespace, ''));
      if (isMeant) removed.rows += 1;
      if (isMeant) removed.bytes += value.byteLength;
      return isMeant;
    });
    return { ...removed, files: [], left: [] };
  }

  async count(namespace: string): Promise<number> {
    this.assertOpen();
    const prefix = nameOf(namespace, '');
    return [...this.entries.keys()].filter((name) => name.startsWith(prefix)).length;
  }

  async purge(prefix = ''): Promise<void> {
    this.remove((_, { key }) => key.startsWith(prefix));
  }

  health(): CacheHealth {
    return { status: 'ok', bytes: this.entries.calculatedSize, lost: 0 };
  }

  async flush(): Promise<void> {
    this.assertOpen();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.entries.clear();
  }

  private remove(isMeant: (name: string, entry: CacheEntry) => boolean): void {
    this.assertOpen();
    for (const [name, entry] of [...this.entries.entries()]) {
      if (isMeant(name, entry)) this.entries.delete(name);
    }
  }

  private assertOpen(): void {
    if (this.isClosed) throw new StorageError('closed', 'the cache is closed');
  }
}

/** Of both, so that no two pairs give the same. */
function nameOf(namespace: string, key: string): string {
  return `${namespace.length}:${namespace}${key}`;
}
