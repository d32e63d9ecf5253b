import { SqliteConnection, type SqliteConnectionOptions } from './sqlite-connection.js';
import type { Change, Kind, Row, StorageError, StoreUsage } from './store.js';

/**
 * The store contract on one SQLite file, synchronous: it blocks its thread for as long as the disk takes, so the server
 * runs it in a worker. Every method throws `StorageError`, and works again once the cause is gone.
 */
export class SqliteDatabase {
  private readonly connection: SqliteConnection;
  private isWriteFailing = false;

  constructor(options: SqliteConnectionOptions) {
    this.connection = new SqliteConnection(options);
  }

  /**
   * Opens the file now, so that what must stop the start does: throws `StorageError` (`newer`, `locked`). Answers what
   * else is wrong with the disk, undefined when all is well.
   */
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

  usage(namespace: string): StoreUsage {
    return this.connection.read((queries) => queries.usage(namespace));
  }

  commit(namespace: string, changes: readonly Change[]): void {
    if (changes.length > 0) this.write((commits) => commits.commit(namespace, changes));
  }

  drop(namespace: string): void {
    this.write((commits) => commits.drop(namespace));
  }

  /** Also finds out, when writes were failing, whether they still do. */
  sweep(now: number, limit: number): number {
    return this.write((commits) => {
      if (this.isWriteFailing) commits.probe();
      return commits.sweep(now, limit);
    });
  }

  close(): void {
    this.connection.close();
  }

  private write<T>(work: Parameters<typeof this.connection.write<T>>[0]): T {
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
