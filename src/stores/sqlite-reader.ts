import BetterSqlite3, { type Database } from 'better-sqlite3';
import { storageError } from './disk-failure.js';
import { noUsage } from './row.js';
import { inspectFile, refuseNewer } from './sqlite-file.js';
import { SqliteQueries } from './sqlite-queries.js';
import { type DatabaseKind, formatOf, STATE } from './sqlite-schema.js';
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
  return new SqliteReader(new FileReader(path, STATE, (database) => new SqliteQueries(database)));
}

/** Asks a database as it lies there, or answers as one that is empty where there is none. */
export class FileReader<Queries> {
  private queries: Queries | undefined;
  private readonly database: Database | undefined;
  private closed = false;

  constructor(
    private readonly path: string,
    kind: DatabaseKind,
    queriesOf: (database: Database) => Queries,
  ) {
    const state = inspectFile(path, kind);
    if (state === 'damaged') throw new StorageError('damaged', `${path} is damaged`);
    if (state === 'absent') return;
    this.database = connectReader(path, kind);
    this.queries = queriesOf(this.database);
  }

  ask<T>(question: (queries: Queries) => T, whenEmpty: T): T {
    if (this.closed) throw new StorageError('closed', 'the store is closed');
    if (!this.queries) return whenEmpty;
    try {
      return question(this.queries);
    } catch (cause) {
      throw storageError(cause, this.path);
    }
  }

  close(): void {
    this.closed = true;
    this.queries = undefined;
    this.database?.close();
  }
}

class SqliteReader implements StoreReader {
  constructor(private readonly file: FileReader<SqliteQueries>) {}

  async namespaces(): Promise<string[]> {
    return this.file.ask((queries) => queries.namespaces(), []);
  }

  async load(namespace: string): Promise<Row[]> {
    return this.file.ask((queries) => queries.load(namespace), []);
  }

  async get(namespace: string, kind: Kind, key: string): Promise<Row | undefined> {
    return this.file.ask((queries) => queries.get(namespace, kind, key), undefined);
  }

  async scan(namespace: string, cursor: number, limit: number): Promise<RowPage> {
    return this.file.ask((queries) => queries.scan(namespace, cursor, limit), { rows: [], next: null });
  }

  async usage(namespace: string): Promise<StoreUsage> {
    return this.file.ask((queries) => queries.usage(namespace), noUsage());
  }

  async close(): Promise<void> {
    this.file.close();
  }
}

function connectReader(path: string, kind: DatabaseKind): Database {
  let database: Database | undefined;
  try {
    database = new BetterSqlite3(path, { readonly: true, fileMustExist: true });
    const format = formatOf(database);
    refuseNewer(path, format, kind);
    if (format < kind.migrations.length)
      throw new StorageError('io', `${path} has an old format: start the server once`);
    return database;
  } catch (cause) {
    database?.close();
    throw storageError(cause, path);
  }
}
