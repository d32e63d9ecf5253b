import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { attempting, OF_THE_DISK, storageError } from './disk-failure.js';
import type { StoreEngine } from './engine.js';
import { diskFiles } from './files.js';
import { ImpressionTrim } from './impression-trim.js';
import { LOCK_FILE } from './lock.js';
import { probeFolder } from './probe-folder.js';
import { noUsage, totalOf } from './row.js';
import { listShared } from './set-aside.js';
import type { SqliteCommits } from './sqlite-commits.js';
import { SqliteNamespaces, type SqliteNamespacesOptions } from './sqlite-namespaces.js';
import type { SqliteQueries } from './sqlite-queries.js';
import {
  type Change,
  type ErasedState,
  type Kind,
  type Row,
  type RowPage,
  StorageError,
  type StoreUsage,
  type SweepResult,
} from './store.js';

/** Time spent on looking into files before `open` answers; the rest is done in `idle`. */
const OPEN_MS = 200;
/** Length of a slice of work that can wait, and of a sweep. */
const SLICE_MS = 10;

/**
 * The engine with one SQLite file for each namespace. What happens to a file (damage, a newer format) is its namespace's
 * alone. A file is made by the first put and removed with the last row; as many as `maxOpen` are open.
 */
export class SqliteFiles implements StoreEngine {
  private readonly all: SqliteNamespaces;
  private readonly impressions: ImpressionTrim;
  private isListed = false;
  /** Whether the lock was taken at the last look. */
  private isNew = false;
  /** Namespaces whose last write failed for the disk. */
  private readonly failing = new Set<string>();
  private closed = false;

  constructor(private readonly options: SqliteNamespacesOptions) {
    this.all = new SqliteNamespaces(options);
    const { summaries } = this.all;
    const most = options.impressions?.totalBytes ?? Number.POSITIVE_INFINITY;
    this.impressions = new ImpressionTrim(summaries, most, ({ name, others }) => {
      const surplus = summaries.impressionBytes - most;
      this.write(name, (commits) => commits.removeOldImpressions(surplus, others));
    });
  }

  open(): StorageError | undefined {
    try {
      const problem = this.ready();
      const deadline = this.options.clock.now() + OPEN_MS;
      while (this.options.clock.now() < deadline && this.all.lookIntoNext());
      return problem;
    } catch (cause) {
      const error = cause as StorageError;
      if (error.failure === 'locked') throw error;
      return error;
    }
  }

  namespaces(): string[] {
    this.ready();
    return this.all.summaries.names();
  }

  load(namespace: string): Row[] {
    return this.read(namespace, [], (queries) => queries.load(namespace));
  }

  get(namespace: string, kind: Kind, key: string): Row | undefined {
    return this.read(namespace, undefined, (queries) => queries.get(namespace, kind, key));
  }

  find(namespace: string, kind: Kind, group: string, limit: number): Row[] {
    return this.read(namespace, [], (queries) => queries.find(namespace, kind, group, limit));
  }

  scan(namespace: string, cursor: number, limit: number): RowPage {
    const none: RowPage = { rows: [], next: null };
    return this.read(namespace, none, (queries) => queries.scan(namespace, cursor, limit));
  }

  usage(namespace: string): StoreUsage {
    return this.read(namespace, noUsage(), (queries) => queries.usage(namespace));
  }

  commit(namespace: string, changes: readonly Change[]): void {
    this.readyToWrite();
    if (!this.all.summaries.has(namespace) && !changes.some((change) => 'put' in change)) return;
    this.write(namespace, (commits) => commits.commit(namespace, changes));
    this.impressions.after(namespace);
  }

  drop(namespace: string): void {
    this.readyToWrite();
    if (!this.all.summaries.has(namespace)) return;
    this.write(namespace, (commits) => commits.drop(namespace));
    this.all.removeEmpty(namespace);
  }

  /** What cannot be read goes uncounted. */
  erase(namespace: string): ErasedState {
    this.readyToWrite();
    let removed = { rows: 0, bytes: 0 };
    try {
      removed = totalOf(this.usage(namespace));
    } catch {
      // Damaged, of a newer format, or on a disk that fails: then removing it tells.
    }
    const files = this.all.erase(namespace);
    this.failing.delete(namespace);
    const { folder } = this.options;
    return { ...removed, files, left: attempting(folder, () => listShared(diskFiles(), folder)) };
  }

  release(namespace: string): void {
    this.all.close(namespace);
  }

  /** A namespace that fails by itself does not keep the others from being swept. */
  sweep(now: number, limit: number): SweepResult {
    this.readyToWrite();
    let failure = this.probe();
    const deadline = this.options.clock.now() + SLICE_MS;
    const isOver = () => this.options.clock.now() >= deadline;
    let hasUnread = this.all.lookIntoNext();
    while (hasUnread && !isOver()) hasUnread = this.all.lookIntoNext();
    let removed = 0;
    let tried = 0;
    for (const namespace of this.all.summaries.due(now)) {
      if (removed >= limit || (tried > 0 && isOver())) return { removed, more: true };
      tried += 1;
      try {
        removed += this.write(namespace, (commits) => commits.sweep(now, limit - removed));
      } catch (cause) {
        failure ??= cause as StorageError;
      }
    }
    if (failure && removed === 0 && OF_THE_DISK.has(failure.failure)) throw failure;
    return { removed, more: hasUnread || removed >= limit };
  }

  /** Looks into files that nobody asked for yet, and removes those that have no rows left. */
  idle(): boolean {
    if (!this.isListed) return false;
    const deadline = this.options.clock.now() + SLICE_MS;
    do {
      if (!this.all.removeNextEmpty() && !this.all.lookIntoNext()) return false;
    } while (this.options.clock.now() < deadline);
    return true;
  }

  close(): void {
    this.closed = true;
    this.all.closeAll();
    this.options.lock.release();
  }

  /**
   * Sees to it that the folder is owned and its files are known; anew where another folder took its place. Answers why it
   * is not owned, when its files can be read all the same; throws when nothing can be known of them, or `locked`.
   */
  private ready(): StorageError | undefined {
    const { lock, paths, events } = this.options;
    if (this.closed) throw new StorageError('closed', 'the store is closed');
    const wasOwner = lock.isHeld;
    const problem = this.own();
    if (wasOwner && problem) this.isListed = false;
    if (this.isListed && !this.isNew) return problem;
    if (problem && !existsSync(paths.folder)) throw problem;
    this.isListed = false;
    this.all.list();
    this.isListed = true;
    if (wasOwner) events.replaced(null);
    return problem;
  }

  private readyToWrite(): void {
    const problem = this.ready();
    if (problem) throw problem;
  }

  private own(): StorageError | undefined {
    const { lock, folder } = this.options;
    this.isNew = false;
    try {
      this.isNew = lock.acquire();
      return undefined;
    } catch (cause) {
      const error = storageError(cause, join(folder, LOCK_FILE));
      if (!OF_THE_DISK.has(error.failure)) throw error;
      return error;
    }
  }

  private read<T>(namespace: string, nothing: T, work: (queries: SqliteQueries) => T): T {
    this.ready();
    return this.all.read(namespace, nothing, work);
  }

  private write<T>(namespace: string, work: (commits: SqliteCommits) => T): T {
    try {
      const answer = this.all.write(namespace, work);
      this.failing.delete(namespace);
      return answer;
    } catch (cause) {
      if (OF_THE_DISK.has((cause as StorageError).failure)) this.failing.add(namespace);
      throw cause;
    }
  }

  /** What is still wrong where writes failed: with the folder, or with the file of a namespace. */
  private probe(): StorageError | undefined {
    if (this.failing.size === 0) return undefined;
    try {
      probeFolder(this.options.folder);
      for (const namespace of this.failing) {
        if (this.all.summaries.has(namespace)) this.write(namespace, (commits) => commits.probe());
        else this.failing.delete(namespace);
      }
      return undefined;
    } catch (cause) {
      return storageError(cause, this.options.folder);
    }
  }
}
