import { existsSync } from 'node:fs';
import type { Clock } from '../base/clock.js';
import { attempting, storageError } from './disk-failure.js';
import type { EngineEvents } from './engine.js';
import type { FolderLock } from './lock.js';
import { NamespaceSummaries, UNREADABLE } from './namespace-summaries.js';
import { Sequences } from './sequences.js';
import type { SqliteCommits } from './sqlite-commits.js';
import { SqliteConnection, type SqliteConnectionOptions } from './sqlite-connection.js';
import { type Connect, removeFile } from './sqlite-file.js';
import { type NamespaceConnection, SqliteHandles } from './sqlite-handles.js';
import { listDatabases } from './sqlite-names.js';
import type { SqliteQueries } from './sqlite-queries.js';
import { eraseFile } from './sqlite-replace.js';
import { stateContent } from './sqlite-state.js';
import { readSummary } from './sqlite-summary.js';
import type { ImpressionBounds } from './store.js';
import type { TemplatePaths } from './templates.js';

export interface SqliteNamespacesOptions {
  readonly paths: TemplatePaths;
  /** `STORAGE_DIR` and its lock. */
  readonly folder: string;
  readonly lock: FolderLock;
  readonly clock: Clock;
  readonly events: EngineEvents;
  readonly sync?: 'normal' | 'full';
  /** `totalBytes` is left to the caller. */
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

/**
 * The files of all namespaces: those that are open, and what is known of the others. A file is made by the first put;
 * once it has no rows it is to be removed by `removeNextEmpty`. Throws `StorageError`.
 */
export class SqliteNamespaces {
  readonly summaries = new NamespaceSummaries();
  private readonly handles: SqliteHandles;
  private readonly sequences: Sequences;
  /** Those that had no rows when last looked at. */
  private readonly emptied = new Set<string>();

  constructor(private readonly options: SqliteNamespacesOptions) {
    const { maxOpen = MAX_OPEN, folder, clock } = options;
    this.sequences = new Sequences(clock);
    this.handles = new SqliteHandles(maxOpen, folder, (namespace) => this.connect(namespace));
  }

  /** Closes all files and learns the names anew. */
  list(): void {
    const { paths } = this.options;
    try {
      const names = listDatabases(paths);
      this.handles.closeAll();
      this.summaries.clear();
      this.emptied.clear();
      for (const name of names) this.summaries.found(name);
    } catch (cause) {
      throw storageError(cause, paths.pathOf('namespace'));
    }
  }

  /** Answers `nothing` of a namespace without a file. */
  read<T>(namespace: string, nothing: T, work: (queries: SqliteQueries) => T): T {
    if (!this.summaries.has(namespace)) return nothing;
    const answer = this.handles.use(namespace, (connection) => connection.read(work));
    if (this.summaries.get(namespace) === UNREADABLE) this.lookInto(namespace);
    return answer;
  }

  /** Makes the file if need be. */
  write<T>(namespace: string, work: (commits: SqliteCommits) => T): T {
    try {
      return this.handles.use(namespace, (connection) =>
        connection.write((commits) => {
          const result = work(commits);
          this.remember(namespace, commits);
          return result;
        }),
      );
    } catch (cause) {
      // A first commit that failed may have left a file.
      if (!this.summaries.has(namespace) && existsSync(this.options.paths.pathOf(namespace)))
        this.lookInto(namespace);
      throw cause;
    }
  }

  close(namespace: string): void {
    this.handles.close(namespace);
  }

  closeAll(): void {
    this.handles.closeAll();
  }

  /** Looks into a file that nobody asked for yet; false = there is none. */
  lookIntoNext(): boolean {
    const namespace = this.summaries.nextUnread();
    if (namespace === undefined) return false;
    this.lookInto(namespace);
    return true;
  }

  /** Removes a file without rows; false = there is none. */
  removeNextEmpty(): boolean {
    const [namespace] = this.emptied;
    if (namespace !== undefined) this.removeEmpty(namespace);
    return namespace !== undefined;
  }

  /** Tries once; what cannot be removed now is found again at the next start. */
  removeEmpty(namespace: string): void {
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

  /** Removes its file and all that lies beside it, whatever is in them; answers what was removed. */
  erase(namespace: string): string[] {
    this.emptied.delete(namespace);
    this.handles.close(namespace);
    const path = this.options.paths.pathOf(namespace);
    const files = attempting(path, () => eraseFile(path));
    this.summaries.delete(namespace);
    return files;
  }

  private connect(namespace: string): NamespaceConnection {
    const { paths, lock, clock, sync = 'normal', impressions, events, connect } = this.options;
    const path = paths.pathOf(namespace);
    const content = stateContent({
      owner: namespace,
      sequences: this.sequences,
      // What all have together is counted here.
      ...(impressions ? { impressions: { ...impressions, totalBytes: Number.POSITIVE_INFINITY } } : {}),
    });
    const options: SqliteConnectionOptions = {
      path,
      clock,
      sync,
      lock,
      cacheKiB: CACHE_KIB,
      readsFirst: true,
      fullCheckBytes: FULL_CHECK_BYTES,
      ...(connect ? { connect } : {}),
      onQuarantined: (file, newPath, kept) => events.quarantined(namespace, file, newPath, kept),
      onReplaced: () => {
        this.summaries.delete(namespace);
        if (existsSync(path)) this.summaries.found(namespace);
        else this.emptied.add(namespace);
        events.replaced(namespace);
      },
    };
    return new SqliteConnection(options, content);
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

  /** By a quick look that changes nothing; a file that does not allow it is opened, and set aside if it is damaged. */
  private lookInto(namespace: string): void {
    try {
      const summary = readSummary(this.options.paths.pathOf(namespace), namespace);
      this.sequences.passed(summary.lastSequence);
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
}
