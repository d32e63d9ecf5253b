import type { ErasedState } from './store.js';

/**
 * Where bytes are kept that can be made again: vectors, scores. Drivers: `memory` and `sqlite` (one file).
 *
 * Promises of every driver:
 * - What is kept may be lost at any time; it is never wrong: `getMany` gives the bytes that were last put, or nothing.
 * - A namespace has its own entries; nothing that is asked of one reads, changes or names another's.
 * - What was put is found from then on, though it may not be on the disk yet; what `flush` waited for survives `kill -9`.
 * - Entries are bounded in bytes; those used least recently, by the day, go first.
 * - A disk that is full, read-only, slow or gone costs entries and shows in `health`; only `drop`, `erase`, `count` and `purge`
 *   reject, with `StorageError`, for whoever wants something gone must know. It works again by itself once the disk does.
 * - After `close` calls reject, and `put` throws, with `StorageError` (`closed`).
 */
export interface CacheStore {
  /** Driver name. */
  readonly name: string;
  /** The bytes of each key, in order, the caller's to keep; undefined = not kept. */
  getMany(namespace: string, keys: readonly string[]): Promise<(Uint8Array | undefined)[]>;
  /** Copies the entries and writes them later. Throws `RangeError` for a key that is empty or too long. */
  put(namespace: string, entries: readonly CacheEntry[]): void;
  /** Removes all entries of a namespace. */
  drop(namespace: string): Promise<void>;
  /**
   * Removes all entries of a namespace and every byte that it ever left in the driver's files. Rewrites the whole file;
   * look-ups find nothing meanwhile, rather than wait. Can be called again.
   */
  erase(namespace: string): Promise<ErasedState>;
  /** How many entries of a namespace there are, written or not. */
  count(namespace: string): Promise<number>;
  /** Removes the entries of all namespaces whose key begins with `prefix`; absent = all. Costs a look at every key. */
  purge(prefix?: string): Promise<void>;
  /** Without touching the disk. */
  health(): CacheHealth;
  /** Waits until what was put is written, or lost. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export interface CacheEntry {
  /** 1 to 128 characters; begins with what it is for, as `vector/`. */
  readonly key: string;
  readonly value: Uint8Array;
  /** Milliseconds since the epoch from which it counts as lost; absent = never. */
  readonly expiresAt?: number | undefined;
}

export interface CacheHealth {
  readonly status: 'ok' | 'degraded';
  /** Why the disk does not do what it should. */
  readonly detail?: string;
  /** Bytes kept, with what it takes to keep them, when it was last known. */
  readonly bytes: number;
  /** Entries lost before they were written, since the start. */
  readonly lost: number;
}

const MAX_KEY_LENGTH = 128;

/** Throws `RangeError`, for a key that no store takes. */
export function assertKey(key: string): void {
  if (key.length < 1 || key.length > MAX_KEY_LENGTH) throw new RangeError('a key has 1 to 128 characters');
}
