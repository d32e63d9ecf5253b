import { dirname } from 'node:path';
import { attempting } from './disk-failure.js';
import type { StoreEngine } from './engine.js';
import { diskFiles } from './files.js';
import { listAside, listShared } from './set-aside.js';
import type { SqliteCommits } from './sqlite-commits.js';
import { SqliteConnection, type SqliteConnectionOptions } from './sqlite-connection.js';
import type { SqliteQueries } from './sqlite-queries.js';
import { removeDrafts } from './sqlite-replace.js';
import { type StateOptions, stateContent } from './sqlite-state.js';
import type {
  Change,
  ErasedState,
  Kind,
  Row,
  RowPage,
  StorageError,
  StoreUsage,
  SweepResult,
} from './store.js';

/** One that holds the state of all. */
export interface SqliteDatabaseOptions extends SqliteConnectionOptions, StateOptions {}

/** The engine on one SQLite file that all namespaces share. */
export class SqliteDatabase implements StoreEngine {
  private readonly connection: SqliteConnection<SqliteQueries, SqliteCommits>;
  private isWriteFailing = false;

  constructor(private readonly options: SqliteDatabaseOptions) {
    this.connection = new SqliteConnection(options, stateContent(options));
  }

  open(): StorageError | undefined {
    try {
      this.connection.write(() => undefined);
      return undefined;
    } catch (cause) {
      const error = cause as StorageError;
      if (error.failure === 'newer' || error.failure === 'locked') throw error;
      this.isWriteFailing = true;
      return error;
    }
  }

  namespaces(): string[] {
    return this.connection.read((queries) => queries.namespaces());
  }

  load(namespace: string): Row[] {
    return this.connection.read((queries) => queries.load(namespace));
  }

  get(namespace: string, kind: Kind, key: string): Row | undefined {
    return this.connection.read((queries) => queries.get(namespace, kind, key));
  }

  find(namespace: string, kind: Kind, group: string, limit: number): Row[] {
    return this.connection.read((queries) => queries.find(namespace, kind, group, limit));
  }

  scan(namespace: string, cursor: number, limit: number): RowPage {
    return this.connection.read((queries) => queries.scan(namespace, cursor, limit));
  }

  usage(namespace: string): StoreUsage {
    return this.connection.read((queries) => queries.usage(namespace));
  }

  commit(namespace: string, changes: readonly Change[]): void {
    if (changes.length > 0) this.write((commits) => commits.commit(namespace, changes));
  }

  drop(namespace: string): void {
    this.write((commits) => commits.drop(namespace));
  }

  erase(namespace: string): ErasedState {
    const { path } = this.options;
    const erased = this.write((commits) => commits.erase(namespace));
    return attempting(path, () => {
      removeDrafts(path);
      const files = diskFiles();
      return {
        ...erased,
        files: [],
        left: [...listAside(files, [path]), ...listShared(files, dirname(path))],
      };
    });
  }

  /** Nothing is held for a namespace alone. */
  release(): void {}

  sweep(now: number, limit: number): SweepResult {
    return this.write((commits) => {
      if (this.isWriteFailing) commits.probe();
      const removed = commits.sweep(now, limit);
      return { removed, more: removed >= limit };
    });
  }

  /** SQLite does its own checkpoints. */
  idle(): boolean {
    return false;
  }

  close(): void {
    this.connection.close();
    this.options.lock?.release();
  }

  private write<T>(work: (commits: SqliteCommits) => T): T {
    try {
      const result = this.connection.write(work);
      this.isWriteFailing = false;
      return result;
    } catch (cause) {
      this.isWriteFailing = true;
      throw cause;
    }
  }
}
