import BetterSqlite3 from 'better-sqlite3';
import { ManualClock } from '../../src/base/clock.js';

import { SqliteDatabase, type SqliteDatabaseOptions } from '../../src/stores/sqlite-database.js';
import { type Connect, connectFile } from '../../src/stores/sqlite-file.js';
import type { Change, StorageError } from '../../src/stores/store.js';
import { makeFolder } from './sqlite-harness.js';

/** A folder of its own for each test, and the databases opened in it, closed when the test ends. */
export class DatabaseHome {
  readonly clock = new ManualClock();
  /** What was set aside: from where, to where. */
  readonly setAside: [string, string][] = [];
  /** Rows that took its place. */
  readonly kept: number[] = [];
  private readonly place = makeFolder();
  private readonly opened: SqliteDatabase[] = [];

  get folder(): string {
    return this.place.folder;
  }

  /** Where the database is unless a test says otherwise. */
  get path(): string {
    return this.place.path;
  }

  openDatabase(options: Partial<SqliteDatabaseOptions> = {}): SqliteDatabase {
    const database = new SqliteDatabase({
      path: this.path,
      clock: this.clock,
      onQuarantined: (path, newPath, kept) => {
        this.setAside.push([path, newPath]);
        this.kept.push(kept);
      },
      ...options,
    });
    this.opened.push(database);
    return database;
  }

  /** A database with one row, `old`, closed. */
  writeDatabase(): void {
    const database = this.openDatabase();
    database.commit('a', putCell('old'));
    database.close();
  }

  remove(): void {
    for (const database of this.opened) database.close();
    this.place.remove();
  }
}

export function putCell(key: string, value = '1'): Change[] {
  return [{ put: { kind: 'cell', key, value } }];
}

/** Why the store refused, or `none`. */
export function failureOf(work: () => unknown): string {
  try {
    work();
  } catch (cause) {
    return (cause as StorageError).failure;
  }
  return 'none';
}

export function keysOf(database: SqliteDatabase, namespace = 'a'): string[] {
  return database
    .load(namespace)
    .map((row) => row.key)
    .sort();
}

function sqliteError(code: string): Error {
  return new BetterSqlite3.SqliteError('injected', code);
}

/** Connections that fail with the code that is set, when they are opened or when they begin a transaction. */
export class FaultyDisk {
  whenOpened: string | undefined;
  whenWriting: string | undefined;
  whenReading: string | undefined;
  opened = 0;

  readonly connect: Connect = (path, options) => {
    this.opened += 1;
    if (this.whenOpened && !options.readonly) throw sqliteError(this.whenOpened);
    const database = connectFile(path, options);
    const fault = () => this.whenWriting;
    const transaction = database.transaction.bind(database);
    database.transaction = ((work: () => unknown) => {
      return transaction((() => {
        const result = work();
        if (fault()) throw sqliteError(fault()!);
        return result;
      }) as never);
    }) as typeof database.transaction;
    const prepare = database.prepare.bind(database);
    database.prepare = ((source: string) => {
      const statement = prepare(source);
      const all = statement.all.bind(statement);
      statement.all = (...values: unknown[]) => {
        if (this.whenReading) throw sqliteError(this.whenReading);
        return all(...values);
      };
      return statement;
    }) as typeof database.prepare;
    return database;
  };
}
