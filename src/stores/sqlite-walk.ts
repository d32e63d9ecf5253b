import { statSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { codeOf, isSqliteCode } from './disk-failure.js';
import { connectFile, refuseNewerDatabase } from './sqlite-file.js';
import type { DatabaseKind } from './sqlite-schema.js';

/** What a damaged page makes of a read, or tables that are not ours; all else that fails is no reason to go without. */
const OF_DAMAGE = ['SQLITE_CORRUPT', 'SQLITE_NOTADB', 'SQLITE_ERROR', 'SQLITE_IOERR_SHORT_READ'] as const;

/**
 * What `read` still finds in a damaged database: nothing more from where the database as a whole cannot be read. Throws
 * what else SQLite throws, and `StorageError` `newer`.
 */
export function* readDamaged<Found>(
  path: string,
  kind: DatabaseKind,
  read: (database: Database) => Generator<Found>,
): Generator<Found> {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0) return;
  let database: Database | undefined;
  try {
    database = connectFile(path, { readonly: true, fileMustExist: true });
    // A file that was cut off is read as far as it goes.
    database.unsafeMode(true);
    database.pragma('writable_schema = ON');
    refuseNewerDatabase(path, database, kind);
    yield* read(database);
  } catch (cause) {
    // Not a database any more: nothing can be read from it.
    refuseOther(cause);
  } finally {
    database?.close();
  }
}

/** Rows up to the first that cannot be read; answers whether there was none such. */
export function* walk<Row>(database: Database, sql: string): Generator<Row, boolean> {
  let rows: Iterator<Row> | undefined;
  try {
    rows = database.prepare(sql).raw().iterate() as IterableIterator<Row>;
    for (;;) {
      const next = attempt(() => rows!.next());
      if (next === undefined) return false;
      if (next.done) return true;
      yield next.value;
    }
  } finally {
    rows?.return?.();
  }
}

/** Undefined where damage keeps it from being done. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (cause) {
    refuseOther(cause);
    return undefined;
  }
}

function refuseOther(cause: unknown): void {
  if (!OF_DAMAGE.some((family) => isSqliteCode(codeOf(cause), family))) throw cause;
}
