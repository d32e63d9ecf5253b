import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../base/clock.js';
import { storageError } from './disk-failure.js';
import type { EngineEvents, StoreEngine } from './engine.js';
import { listNamespaces } from './list-namespaces.js';
import { type FolderLock, LOCK_FILE } from './lock.js';
import { NamespaceSummaries, UNREADABLE } from './namespace-summaries.js';
import { probeFolder } from './probe-folder.js';
import { noUsage } from './row.js';
import { Sequences } from './sequences.js';
import type { SqliteCommits } from './sqlite-commits.js';
import { SqliteConnection } from './sqlite-connection.js';
import { type Connect, removeFile } from './sqlite-file.js';
import { SqliteHandles } from './sqlite-handles.js';
import type { SqliteQueries } from './sqlite-queries.js';
import { readSummary } from './sqlite-summary.js';
import {
  type Change,
  type ImpressionBounds,
  type Kind,
  type Row,
  type RowPage,
  StorageError,
  type StorageFailure,
  type StoreUsage,
  type SweepResult,
} from './store.js';
import type { TemplatePaths } from './templates.js';

export interface SqliteFilesOptions {
  readonly paths: TemplatePaths;
  /** `STORAGE_DIR` and its lock. */
  readonly folder: string;
  readonly lock: FolderLock;
  readonly clock: Clock;
  readonly events: EngineEvents;
  readonly sync?: 'normal' | 'full';
  readonly impressions?: ImpressionBounds;
  /** Most files open at a time; default 256. */
  readonly maxOpen?: number;
  readonly connect?: Connect;
}

const MAX_OPEN = 256;
/** Pages that one file may keep in memory. */
const CACHE_KIB = 256;
/** Larger files are not checked page by page when they are opened: it would hold up all the others. */
const FULL_CHECK_BYTES = 8 * 1024 * 1024;
/** Time spent on looking into files before `open` answers; the rest is done in `idle`. */
const OPEN_MS = 200;
/** Length of a slice of work that can wait, and of a sweep. */
const SLICE_MS = 10;
/** Failures of the disk, not of one namespace's file. */
const OF_THE_DISK: ReadonlySet<StorageFailure> = new Set(['full', 'read-only', 'io']);

/**
 * The engine with one SQLite file for each namespace. What happens to a file (damage, a newer format) is its namespace's
 * alone. A file is made by the first put and removed with the last row; as many as `maxOpen` are open.
 */
export class SqliteFiles implements StoreEngine {
  private readonly summaries = new NamespaceSummaries();
  private readonly handles: SqliteHandles;
  private readonly sequences: Sequences;
  private readonly emptied = new Set<string>();
  private isListed = false;
  /** Whether the lock was taken at the last look. */
  private isNew = false;
  private isWriteFailing = false;
  private closed = false;

  constructor(private readonly options: SqliteFilesOptions) {
    const { maxOpen = MAX_OPEN, folder, clock } = options;
    this.sequences = new Sequences(clock);
    this.handles = new SqliteHandles(maxOpen, folder, (namespace) => this.connect(namespace));
  }

  open(): StorageError | undefined {
    try {
      const problem = this.ready();
      const deadline = this.options.clock.now() + OPEN_MS;
      while (this.options.clock.now() < deadline && this.lookIntoNext());
      return problem;
    } catch (cause) {
      const error = cause as StorageError;
      if (error.failure === 'locked') throw error;
      return error;
    }
  }

  namespaces(): string[] {
    this.ready();
    return this.summaries.names();
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
    if (!this.summaries.has(namespace) && !changes.some((change) => 'put' in change)) return;
    this.write(namespace, (commits) => commits.commit(namespace, changes));
    this.trim();
  }

  drop(namespace: string): void {
    this.readyToWrite();
    if (!this.summaries.has(namespace)) return;
    this.write(namespace, (commits) => commits.drop(namespace));
    this.removeEmpty(namespace);
  }

  release(namespace: string): void {
    this.handles.close(namespace);
  }

  /** A namespace that fails by itself does not keep the others from being swept. */
  sweep(now: number, limit: number): SweepResult {
    this.readyToWrite();
    this.probe();
    const deadline = this.options.clock.now() + SLICE_MS;
    const isOver = () => this.options.clock.now() >= deadline;
    let hasUnread = this.lookIntoNext();
    while (hasUnread && !isOver()) hasUnread = this.lookIntoNext();
    let removed = 0;
    let tried = 0;
    let failure: StorageError | undefined;
    for (const namespace of this.summaries.due(now)) {
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
      const [namespace] = this.emptied;
      if (namespace !== undefined) this.removeEmpty(namespace);
      else if (!this.lookIntoNext()) return false;
    } while (this.options.clock.now() < deadline);
    return true;
  }

  close(): void {
    this.closed = true;
    this.handles.closeAll();
    this.options.lock.release();
  }

  private connect(namespace: string): SqliteConnection {
    const { paths, lock, clock, sync = 'normal', impressions, events, connect } = this.options;
    const path = paths.pathOf(namespace);
    return new SqliteConnection({
      path,
      clock,
      sync,
      lock,
      owner: namespace,
      sequences: this.sequences,
      cacheKiB: CACHE_KIB,
      fullCheckBytes: FULL_CHECK_BYTES,
      readsFirst: true,
      // What all have together is counted here.
      ...(impressions ? { impressions: { ...impressions, totalBytes: Number.POSITIVE_INFINITY } } : {}),
      ...(connect ? { connect } : {}),
      onQuarantined: (file, newPath) => events.quarantined(namespace, file, newPath),
      onReplaced: () => {
        this.summaries.delete(namespace);
        if (existsSync(path)) this.summaries.found(namespace);
        else this.emptied.add(namespace);
        events.replaced(namespace);
      },
    });
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
    this.list();
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

  private list(): void {
    const { paths } = this.options;
    try {
      const names = listNamespaces(paths);
      this.handles.closeAll();
      this.summaries.clear();
      this.emptied.clear();
      for (const name of names) this.summaries.found(name);
      this.isListed = true;
    } catch (cause) {
      this.isListed = false;
      throw storageError(cause, paths.pathOf('namespace'));
    }
  }

  private read<T>(namespace: string, nothing: T, work: (queries: SqliteQueries) => T): T {
    this.ready();
    if (!this.summaries.has(namespace)) return nothing;
    const answer = this.handles.use(namespace, (connection) => connection.read(work));
    if (this.summaries.get(namespace) === UNREADABLE) this.lookInto(namespace);
    return answer;
  }

  private write<T>(namespace: string, work: (commits: SqliteCommits) => T): T {
    try {
      const answer = this.handles.use(namespace, (connection) =>
        connection.write((commits) => {
          const result = work(commits);
          this.remember(namespace, commits);
          return result;
        }),
      );
      this.isWriteFailing = false;
      return answer;
    } catch (cause) {
      this.isWriteFailing ||= OF_THE_DISK.has((cause as StorageError).failure);
      // A first commit that failed may have left a file.
      if (!this.summaries.has(namespace) && existsSync(this.options.paths.pathOf(namespace)))
        this.lookInto(namespace);
      throw cause;
    }
  }

  /** What was committed stays so if this fails: then the file is looked into later. */
  private remember(namespace: string, commits: SqliteCommits): void {
    try {
      const summary = commits.summary.read();
      this.summaries.set(namespace, summary);
      if (summary.rows === 0) this.emptied.add(namespace);
      else this.emptied.delete(namespace);
    } catch {
      this.emptied.delete(namespace);
      this.summaries.delete(namespace);
      this.summaries.found(namespace);
    }
  }

  /** Answers whether there was one to look into. */
  private lookIntoNext(): boolean {
    const namespace = this.summaries.nextUnread();
    if (namespace === undefined) return false;
    this.lookInto(namespace);
    return true;
  }

  /** By a quick look that changes nothing; a file that does not allow it is opened, and set aside if it is damaged. */
  private lookInto(namespace: string): void {
    try {
      const summary = readSummary(this.options.paths.pathOf(namespace), namespace);
      this.summaries.set(namespace, summary);
      if (summary.rows === 0) this.emptied.add(namespace);
    } catch {
      this.lookClosely(namespace);
    }
  }

  private lookClosely(namespace: string): void {
    try {
      this.handles.use(namespace, (connection) =>
        connection.write((commits) => this.remember(namespace, commits)),
      );
    } catch {
      if (this.summaries.has(namespace)) this.summaries.set(namespace, UNREADABLE);
    }
  }

  /** Keeps the impressions of all namespaces within the total. Where it cannot, the next commit tries again. */
  private trim(): void {
    const most = this.options.impressions?.totalBytes ?? Number.POSITIVE_INFINITY;
    while (this.summaries.impressionBytes > most) {
      const oldest = this.summaries.oldest();
      if (!oldest) return;
      const surplus = this.summaries.impressionBytes - most;
      try {
        this.write(oldest.name, (commits) => commits.removeOldImpressions(surplus, oldest.others));
      } catch {
        return;
      }
      if (this.summaries.get(oldest.name)?.oldestImpression === oldest.sequence) return;
    }
  }

  /** Tries once; what cannot be removed now is found again at the next start. */
  private removeEmpty(namespace: string): void {
    this.emptied.delete(namespace);
    this.handles.close(namespace);
    const path = this.options.paths.pathOf(namespace);
    try {
      if (readSummary(path, namespace).rows > 0) this.summaries.found(namespace);
      else if (removeFile(path)) this.summaries.delete(namespace);
    } catch {
      // It has no rows: nobody misses it, and nobody sees it.
    }
  }

  /** Whether the disk takes writes again, where it did not. */
  private probe(): void {
    if (!this.isWriteFailing) return;
    try {
      probeFolder(this.options.folder);
      this.isWriteFailing = false;
    } catch (cause) {
      throw storageError(cause, this.options.folder);
    }
  }
}
