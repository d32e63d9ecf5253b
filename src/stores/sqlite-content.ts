import type { Database } from 'better-sqlite3';
import type { DatabaseKind } from './sqlite-schema.js';

/** What a damaged database is put in order by. */
export interface Salvage {
  readonly kind: DatabaseKind;
  /** Copies what can still be read of the database at `source` into one that is empty. Throws `StorageError` `newer`. */
  copy(source: string, target: Database): void;
  /** Rows, as they are told of. */
  count(database: Database): number;
}

/** What a connection needs to know of the databases it opens: what is in them, and what is asked of it. */
export interface SqliteContent<Queries, Commits extends Probing> extends Salvage {
  /** Also on a connection that can only read. */
  queries(database: Database): Queries;
  /** Throws `StorageError` `damaged` where the database holds what it may not. */
  commits(database: Database): Commits;
  /** The same refusal through a connection that only reads. */
  refuseForeign(database: Database): void;
}

export interface Probing {
  /** Writes without changing anything, to learn whether the disk takes writes. */
  probe(): void;
}

/** Writes a page without changing anything. */
export function probe(database: Database): void {
  const format = database.pragma('user_version', { simple: true });
  database.pragma(`user_version = ${format}`);
}
