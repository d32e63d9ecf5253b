import BetterSqlite3, { type Database } from 'better-sqlite3';
import { storageError } from './disk-failure.js';
import { noUsage } from './row.js';
import { inspectFile, refuseNewer } from './sqlite-file.js';
import { SqliteQueries } from './sqlite-queries.js';
import { FORMAT_VERSION, formatOf } from './sqlite-schema.js';
import {
  type Kind,
  type Row,
  type RowPage,
  StorageError,
  type StoreReader,
  type StoreUsage,
} from './store.js';

/**
 * Reads a database that another process may own: takes no lock, changes nothing, makes no file. For commands that look
 * while a server runs. A file that does not exist reads as empty; throws `StorageError` (`newer`, `damaged`, `io`).
 */
export function openSqliteReader(path: string): StoreReader {
  const state = inspectFile(path);
  if (state === 'damaged') throw new StorageError('damaged', `${path} is damaged`);
  return new SqliteReader(path, state === 'usable' ? connectReader(path) : undefined);
}

class SqliteReader implements StoreReader {
  private queries: SqliteQueries | undefined;
  private closed = false;

  constructor(
    private readonly path: string,
    private readonly database: Database | undefined,
  ) {
    this.queries = database && new SqliteQueries(database);
  }

  async namespaces(): Promise<string[]> {
    return this.ask((queries) => queries.namespaces(), []);
  }

  async load(namespace: string): Promise<Row[]> {
    return this.ask((queries) => queries.load(namespace), []);
  }

  async get(namespace: string, kind: Kind, key: string): Promise<Row | undefined> {
    return this.ask((queries) => queries.get(namespace, kind, key), undefined);
  }

  async scan(namespace: string, cursor: number, limit: number): Promise<RowPage> {
    return this.ask((queries) => queries.scan(namespace, cursor, limit), { rows: [], next: null });
  }

  async usage(namespace: string): Promise<StoreUsage> {
    return this.ask((queries) => queries.usage(namespace), noUsage());
  }

  async close(): Promise<void> {
    this.closed = true;
    this.queries = undefined;
    this.database?.close();
  }

  private ask<T>(question: (queries: SqliteQueries) => T, whenEmpty: T): T {
    if (this.closed) throw new StorageError('closed', 'the store is closed');
    if (!this.queries) return whenEmpty;
    try {
      return question(this.queries);
    } catch (cause) {
      throw storageError(cause, this.path);
    }
  }
}

function connectReader(path: string): Database {
  let database: Database | undefined;
  try {
    database = new BetterSqlite3(path, { readonly: true, fileMustExist: true });
    const format = formatOf(database);
    refuseNewer(path, format);
    if (format < FORMAT_VERSION)
      throw new StorageError('io', `${path} has an old format: start the server once`);
    return database;
  } catch (cause) {
    database?.close();
    throw storageError(cause, path);
  }
}
