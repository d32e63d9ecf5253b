import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Database } from 'better-sqlite3';
import type { Clock } from '../base/clock.js';
import { makeFolder } from '../base/make-folder.js';
import { type CachePlace, CacheQueries, type OwnedEntry } from './cache-queries.js';
import { prepareCache } from './cache-schema.js';
import { attempting, codeOf, isSqliteCode, storageError } from './disk-failure.js';
import { identityOf } from './file-identity.js';
import { diskFiles } from './files.js';
import { RetryPause } from './retry-pause.js';
import { listAside } from './set-aside.js';
import { type Connect, connectFile, quarantineFile } from './sqlite-file.js';
import { type ErasedState, StorageError } from './store.js';

export interface CacheFileOptions {
  readonly path: string;
  /** Bound of the file's pages in use. */
  readonly maxBytes: number;
  readonly clock: Clock;
  /** A file that was damaged or of another format is at `newPath` now, and a new one begun. */
  readonly onSetAside?: (newPath: string, why: StorageError) => void;
  readonly connect?: Connect;
}

const DAY_MS = 86_400_000;
/** Most entries of which it is remembered that they were used. */
const MOST_USED = 10_000;
const MARKED_AT_ONCE = 500;
/** Nothing that is asked of a whole file of ours fails like this. */
const SIGNS_OF_DAMAGE = ['SQLITE_ERROR', 'SQLITE_CONSTRAINT', 'SQLITE_MISMATCH'] as const;

/**
 * A cache in one SQLite file, through whatever happens to its disk; blocks its thread for as long as that takes. A file
 * that is damaged or of another format is moved aside, in place of the one before it, and begun anew. Everything it
 * throws is a `StorageError`.
 */
export class CacheFile {
  private connected: { database: Database; queries: CacheQueries; identity: string | undefined } | undefined;
  private failure: StorageError | undefined;
  private readonly pause: RetryPause;
  /** Ids of entries that were used on a later day than is written. */
  private readonly used = new Set<number>();

  constructor(private readonly options: CacheFileOptions) {
    this.pause = new RetryPause(options.clock);
  }

  /** Answers the bytes in use. */
  open(): number {
    return this.run(({ bytes }) => bytes);
  }

  getMany(namespace: string, keys: readonly string[]): (Uint8Array | undefined)[] {
    const now = this.options.clock.now();
    const note = (id: number) => {
      if (this.used.size < MOST_USED) this.used.add(id);
    };
    return this.run((queries) => keys.map((key) => queries.get(namespace, key, now, this.day, note)));
  }

  /** Writes all or none. Answers the bytes in use. */
  put(entries: readonly OwnedEntry[]): number {
    return this.run((queries) => {
      queries.put(entries, this.day);
      return queries.bytes;
    });
  }

  /** See `CacheQueries.removeSome`. */
  removeSome(...what: Parameters<CacheQueries['removeSome']>): CachePlace | undefined {
    return this.run((queries) => queries.removeSome(...what));
  }

  /** A file that was set aside is nobody's alone, and nobody misses it: it goes too. */
  erase(namespace: string): ErasedState {
    const erased = this.run((queries) => queries.erase(namespace));
    const { path } = this.options;
    const files = attempting(path, () => listAside(diskFiles(), [path]));
    attempting(path, () => {
      for (const file of files) rmSync(file, { force: true });
    });
    return { ...erased, files, left: [] };
  }

  count(namespace: string): number {
    return this.run((queries) => queries.count(namespace));
  }

  /** One slice of what can wait; whether there is more. */
  idle(): boolean {
    const ids = [...this.used].slice(0, MARKED_AT_ONCE);
    for (const id of ids) this.used.delete(id);
    return this.run((queries) => {
      if (ids.length > 0) queries.markUsed(ids, this.day);
      return queries.tidy() || this.used.size > 0;
    });
  }

  close(): void {
    this.disconnect();
  }

  private get day(): number {
    return Math.floor(this.options.clock.now() / DAY_MS);
  }

  /** Damage is met twice at most: the second file is a new one. */
  private run<T>(work: (queries: CacheQueries) => T, isSecond = false): T {
    try {
      return work(this.current());
    } catch (cause) {
      const error = failureOf(cause, this.options.path);
      const isUnusable = error.failure === 'damaged' || error.failure === 'newer';
      if (isUnusable && !isSecond && this.setAside(error)) return this.run(work, true);
      // A connection outlives a full disk; what else it may have met, it may not have got over.
      if (error.failure !== 'full') this.backOff(error);
      throw error;
    }
  }

  private current(): CacheQueries {
    const { path } = this.options;
    if (this.connected && identityOf(path) !== this.connected.identity) this.disconnect();
    if (!this.connected) {
      if (this.failure && !this.pause.isOver) throw this.failure;
      this.connected = this.connect();
      this.failure = undefined;
    }
    return this.connected.queries;
  }

  private connect() {
    const { path, maxBytes, connect = connectFile } = this.options;
    makeFolder(dirname(path));
    const database = connect(path, {});
    try {
      prepareCache(database, path, maxBytes);
      const queries = new CacheQueries(database, maxBytes);
      this.pause.succeeded();
      return { database, queries, identity: identityOf(path) };
    } catch (cause) {
      database.close();
      throw cause;
    }
  }

  /** Whether there is room for a new file now. */
  private setAside(why: StorageError): boolean {
    const { path, clock, onSetAside } = this.options;
    try {
      this.disconnect();
      for (const older of listAside(diskFiles(), [path])) rmSync(older, { force: true });
      const newPath = quarantineFile(path, clock.now());
      onSetAside?.(newPath, why);
      return true;
    } catch {
      // Nothing can be moved on this disk now: tried again when the file is next opened.
      return false;
    }
  }

  private backOff(error: StorageError): void {
    this.disconnect();
    if (error === this.failure) return;
    this.failure = error;
    this.pause.failed();
  }

  private disconnect(): void {
    const { connected } = this;
    this.connected = undefined;
    this.used.clear();
    try {
      connected?.database.close();
    } catch {
      // The disk failed while the log was being put away: it stays and is read at the next opening.
    }
  }
}

function failureOf(cause: unknown, path: string): StorageError {
  const code = codeOf(cause);
  const isDamage = SIGNS_OF_DAMAGE.some((family) => isSqliteCode(code, family));
  return isDamage
    ? new StorageError('damaged', `the file is damaged: ${path} (${code})`, { cause })
    : storageError(cause, path);
}
