import BetterSqlite3, { type Database } from 'better-sqlite3';
import { CATALOG } from './catalog-schema.js';
import { storageError } from './disk-failure.js';
import { inspectFile, refuseNewer } from './sqlite-file.js';
import { inspectLog } from './sqlite-log.js';
import { type DatabaseKind, formatOf, STATE } from './sqlite-schema.js';
import { decodeText } from './sqlite-text.js';
import { StorageError } from './store.js';

/** Faults that are told of one file; the first says what there is to know. */
const MAX_FAULTS = 3;

/**
 * Of namespaces' state, what `problemsOf` finds, counts that do not fit, and rows of another namespace than `owner`.
 */
export function stateProblems(path: string, owner: string | null): string[] {
  return problemsOf(path, STATE, (database) => [...strangers(database, owner), ...wrongTotals(database)]);
}

/** Of the catalog, what `problemsOf` finds. Whether its audit log is whole is told by its hashes, not here. */
export function catalogProblems(path: string): string[] {
  return problemsOf(path, CATALOG, (database) => {
    for (const table of ['records', 'audit']) database.prepare(`SELECT count(*) FROM ${table}`).get();
    return [];
  });
}

/**
 * Reads a database to its end, through a connection that changes nothing, and answers what is wrong with it: pages and
 * indexes, tables that are not ours, and what `more` finds. A file that is not there is in order. Throws what the disk
 * does, and `StorageError` `newer`.
 */
function problemsOf(path: string, kind: DatabaseKind, more: (database: Database) => string[]): string[] {
  const state = inspectFile(path, kind);
  if (state === 'absent') return [];
  if (state === 'damaged' && inspectLog(path)?.isDamaged)
    return ['its write-ahead log is damaged before its end'];
  if (state === 'damaged') return ['it is no database of ours, or cut off'];
  let database: Database | undefined;
  try {
    database = new BetterSqlite3(path, { readonly: true, fileMustExist: true });
    const format = formatOf(database);
    refuseNewer(path, format, kind);
    if (format < kind.migrations.length)
      throw new StorageError('io', 'it has an old format: start the server once');
    return [...pageProblems(database), ...more(database)].map(oneLine);
  } catch (cause) {
    const error = storageError(cause, path);
    if (error.failure === 'damaged') return ['it cannot be read to its end'];
    // Our header over tables that are not ours: a statement does not compile.
    if ((error.cause as { code?: string } | undefined)?.code === 'SQLITE_ERROR')
      return ['tables are missing'];
    throw error;
  } finally {
    database?.close();
  }
}

function pageProblems(database: Database): string[] {
  const faults = database.pragma(`integrity_check(${MAX_FAULTS})`) as { integrity_check: string }[];
  return faults.map((fault) => fault.integrity_check).filter((fault) => fault !== 'ok');
}

function strangers(database: Database, owner: string | null): string[] {
  if (owner === null) return [];
  const names = database.prepare('SELECT DISTINCT namespace FROM totals').pluck().all() as string[];
  return names.some((name) => decodeText(name) !== owner) ? ['it holds rows of another namespace'] : [];
}

/** Counts are kept by the transactions that change rows; where they differ, something else wrote. */
function wrongTotals(database: Database): string[] {
  const counted = 'SELECT namespace, kind, count(*), sum(bytes) FROM rows GROUP BY 1, 2';
  const kept = 'SELECT namespace, kind, rows, bytes FROM totals';
  const missing = `SELECT * FROM (${counted} EXCEPT ${kept})`;
  const surplus = `SELECT * FROM (${kept} EXCEPT ${counted})`;
  const differing = database.prepare(`SELECT count(*) FROM (${missing} UNION ALL ${surplus})`).pluck().get();
  return differing === 0 ? [] : ['its counts of rows do not fit its rows'];
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
