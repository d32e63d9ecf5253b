import type { Clock } from '../base/clock.js';
import { type CacheCall, type CacheReport, cacheCallLength } from './cache-calls.js';
import type { CachePlace } from './cache-queries.js';
import { assertKey, type CacheEntry, type CacheHealth, type CacheStore } from './cache-store.js';
import type { CacheWorkerData } from './cache-worker.js';
import { workerLocation } from './engine-worker-data.js';
import { PendingEntries } from './pending-entries.js';
import { type ErasedState, StorageError } from './store.js';
import { WorkerChannel } from './worker-channel.js';

/** The cache's file in `STORAGE_DIR`. */
export const CACHE_FILE = 'neuralcache-cache.db';

export interface CacheEvents {
  /** Entries were lost before they were written: the disk is slow, full or gone. */
  lost(count: number): void;
  /** The file was damaged or of another format; it is at `newPath` now, and a new one begun. */
  setAside(newPath: string, why: string): void;
  /** A read or a write failed. */
  failed(operation: 'read' | 'write', error: StorageError): void;
}

export interface WorkerCacheOptions extends WriteBehindOptions, CacheWorkerData {}

export interface WriteBehindOptions {
  readonly clock: Clock;
  /** Most bytes that wait to be written (16 Mi). */
  readonly maxPendingBytes?: number;
  /** Longest that an entry waits while the disk is idle (500). */
  readonly writeIntervalMs?: number;
  readonly events?: Partial<CacheEvents>;
}

/** Takes calls to where the file is. */
export interface CacheChannel {
  post(call: CacheCall): Promise<unknown>;
  stop(): Promise<void>;
}

/** Calls that may wait for the disk; look-ups beyond it find nothing. */
const MAX_CALLS = 256;
/** Entries written at once: also as soon as there are so many. */
const WRITE_BYTES = 512 * 1024;
/** Entries looked at in one turn of a removal, so that look-ups come in between. */
const LOOKED_AT_ONCE = 1000;

/** Opens the cache in a worker thread; whatever is wrong with its disk shows in `health`. */
export function openWorkerCache({ path, maxBytes, ...options }: WorkerCacheOptions): WorkerCache {
  const channel = new WorkerChannel<CacheCall, CacheReport>({
    location: workerLocation(undefined, 'cache-worker'),
    workerData: { path, maxBytes } satisfies CacheWorkerData,
    clock: options.clock,
    maxCalls: MAX_CALLS,
    maxLength: 2 * WRITE_BYTES,
    lengthOf: cacheCallLength,
    onReport: ([, newPath, why]) => options.events?.setAside?.(newPath, why),
  });
  return new WorkerCache(channel, options);
}

/** The contract over a channel to a `CacheFile`, usually in a worker: reads at once, writes behind, one batch at a time. */
export class WorkerCache implements CacheStore {
  readonly name = 'sqlite';
  private readonly pending: PendingEntries;
  private readonly problems = new Map<'read' | 'write', string>();
  private bytes = 0;
  private lost = 0;
  /** Calls under way that rewrite the file, which takes as long as it is large. */
  private erasing = 0;
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> | undefined;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly channel: CacheChannel,
    private readonly options: WriteBehindOptions,
  ) {
    this.pending = new PendingEntries(options.maxPendingBytes ?? 16 * 1024 * 1024);
    this.ask('read', ['open']).then(
      (bytes) => {
        this.bytes = bytes as number;
      },
      () => undefined, // Noted already.
    );
  }

  async getMany(namespace: string, keys: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    this.assertOpen();
    const found = keys.map((key) => this.pending.get(namespace, key));
    const asked = keys.filter((_, index) => found[index] === undefined);
    const now = this.options.clock.now();
    const kept = asked.length > 0 && this.erasing === 0 ? await this.read(namespace, asked) : [];
    let next = 0;
    return found.map((entry) => {
      if (entry === undefined) return kept[next++];
      return (entry.expiresAt ?? now + 1) <= now ? undefined : entry.value.slice();
    });
  }

  put(namespace: string, entries: readonly CacheEntry[]): void {
    this.assertOpen();
    for (const { key } of entries) assertKey(key);
    for (const { key, value, expiresAt } of entries) {
      this.lose(this.pending.add({ namespace, key, value: Uint8Array.from(value), expiresAt }));
    }
    if (this.pending.bytes >= WRITE_BYTES) void this.write();
    else this.timer ??= setTimeout(() => void this.write(), this.options.writeIntervalMs ?? 500).unref();
  }

  drop(namespace: string): Promise<void> {
    return this.remove(namespace, '', [namespace, '']);
  }

  async erase(namespace: string): Promise<ErasedState> {
    this.assertOpen();
    this.pending.removeWhere((entry) => entry.namespace === namespace);
    this.erasing += 1;
    try {
      return (await this.ask('write', ['erase', namespace])) as ErasedState;
    } finally {
      this.erasing -= 1;
    }
  }

  async count(namespace: string): Promise<number> {
    this.assertOpen();
    await this.write();
    return (await this.ask('read', ['count', namespace])) as number;
  }

  purge(prefix = ''): Promise<void> {
    return this.remove(null, prefix, ['', '']);
  }

  health(): CacheHealth {
    const [detail] = this.problems.values();
    const { bytes, lost } = this;
    return detail === undefined ? { status: 'ok', bytes, lost } : { status: 'degraded', detail, bytes, lost };
  }

  async flush(): Promise<void> {
    this.assertOpen();
    await this.write();
  }

  /** What was put is written first. */
  close(): Promise<void> {
    this.closing ??= this.write()
      .then(() => this.channel.post(['close']))
      .then(() => this.channel.stop())
      .catch(() => this.channel.stop());
    return this.closing;
  }

  private async read(namespace: string, keys: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    try {
      return (await this.ask('read', ['getMany', namespace, keys])) as (Uint8Array | undefined)[];
    } catch {
      return []; // Noted already; what cannot be read is not there.
    }
  }

  /** Writes until nothing is pending. */
  private write(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.pending.count > 0) this.writing ??= this.writeAll();
    return this.writing ?? Promise.resolve();
  }

  private async writeAll(): Promise<void> {
    while (this.pending.count > 0) {
      const entries = this.pending.take(WRITE_BYTES);
      try {
        this.bytes = (await this.ask('write', ['put', entries])) as number;
      } catch {
        this.lose(entries.length);
      }
    }
    // In the same turn as the last look: what is put from now on is written anew.
    this.writing = undefined;
  }

  private async remove(namespace: string | null, prefix: string, from: CachePlace): Promise<void> {
    this.assertOpen();
    this.pending.removeWhere(
      (entry) => (namespace ?? entry.namespace) === entry.namespace && entry.key.startsWith(prefix),
    );
    let place: CachePlace | undefined = from;
    while (place) {
      const call: CacheCall = ['removeSome', namespace, prefix, place, LOOKED_AT_ONCE];
      place = (await this.ask('write', call)) as CachePlace | undefined;
    }
  }

  private lose(count: number): void {
    if (count === 0) return;
    this.lost += count;
    this.options.events?.lost?.(count);
  }

  private async ask(operation: 'read' | 'write', call: CacheCall): Promise<unknown> {
    try {
      const answer = await this.channel.post(call);
      this.problems.delete(operation);
      return answer;
    } catch (cause) {
      const error = cause as StorageError;
      this.problems.set(operation, error.message);
      this.options.events?.failed?.(operation, error);
      throw error;
    }
  }

  private assertOpen(): void {
    if (this.closing) throw new StorageError('closed', 'the cache is closed');
  }
}
