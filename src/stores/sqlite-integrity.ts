import BetterSqlite3, { type Database } from 'better-sqlite3';
import { storageError } from './disk-failure.js';
import { inspectFile, refuseNewer } from './sqlite-file.js';
import { inspectLog } from './sqlite-log.js';
import { FORMAT_VERSION, formatOf } from './sqlite-schema.js';
import { decodeText } from './sqlite-text.js';
import { StorageError } from './store.js';

/** Faults that are told of one file; the first says what there is to know. */
const MAX_FAULTS = 3;

/**
 * Reads a database to its end, through a connection that changes nothing, and answers what is wrong with it: pages and
 * indexes, tables that are not ours, counts that do not fit, and rows of another namespace than `owner`. A file that is
 * not there is in order. Throws what the disk does, and `StorageError` `newer`.
 */
export function integrityProblems(path: string, owner: string | null): string[] {
  const state = inspectFile(path);
  if (state === 'absent') return [];
  if (state === 'damaged' && inspectLog(path)?.isDamaged)
    return ['its write-ahead log is damaged before its end'];
  if (state === 'damaged') return ['it is no database of ours, or cut off'];
  let database: Database | undefined;
  try {
    database = new BetterSqlite3(path, { readonly: true, fileMustExist: true });
    refuseNewer(path, formatOf(database));
    return problemsIn(database, owner);
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

function problemsIn(database: Database, owner: string | null): string[] {
  const format = formatOf(database);
  if (format < FORMAT_VERSION) throw new StorageError('io', 'it has an old format: start the server once');
  const faults = database.pragma(`integrity_check(${MAX_FAULTS})`) as { integrity_check: string }[];
  const pages = faults.map((fault) => fault.integrity_check).filter((fault) => fault !== 'ok');
  return [...pages, ...strangers(database, owner), ...wrongTotals(database)].map(oneLine);
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
