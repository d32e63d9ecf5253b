import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { codeOf, isSqliteCode } from './disk-failure.js';
import { syncFolder } from './files.js';
import {
  COMPANIONS,
  connectFile,
  createFile,
  DRAFT,
  isSalvageUnfinished,
  quarantineFile,
  refuseNewerDatabase,
} from './sqlite-file.js';
import { applyLog, inspectLog } from './sqlite-log.js';
import { decodeText, encodeText } from './sqlite-text.js';
import { KINDS } from './store.js';
import type { RepairedPart } from './upkeep.js';

type StoredRow = [
  sequence: number,
  namespace: string,
  kind: string,
  key: string,
  value: string,
  bytes: number,
  group: string | null,
  expiresAt: number | null,
];

const COLUMNS = 'sequence, namespace, kind, key, value, bytes, grp, expires_at';
/** What a damaged page makes of a read, or tables that are not ours; all else that fails is no reason to go without. */
const OF_DAMAGE = ['SQLITE_CORRUPT', 'SQLITE_NOTADB', 'SQLITE_ERROR', 'SQLITE_IOERR_SHORT_READ'] as const;
/** Bytes of the header that say whether there is a log: read and write version. */
const VERSIONS_AT = 18;

/**
 * Puts the rows that can still be read into a new database at `path` and sets the damaged one aside, with its log. The
 * draft is whole before anything moves. A crash before that leaves all as it was; one after it is mended by
 * `finishSalvage`, which is to be called before a file is used. Throws what SQLite and the file system throw, and
 * `StorageError` `newer`: then the damaged file is where it was. Memory: a few pages. Disk: the rows once more, and where
 * there is a log a copy of the file meanwhile.
 */
export function salvageFile(path: string, owner: string | null, now: number): RepairedPart {
  const draft = `${path}${DRAFT}`;
  const building = `${draft}.new`;
  const copy = `${draft}.copy`;
  for (const left of [building, copy]) removeWithCompanions(left);
  createFile(building, connectFile);
  try {
    const kept = copyRows(hasCopyWithLog(path, copy) ? copy : path, building, owner);
    renameSync(building, draft);
    syncFolder(dirname(path));
    return { setAside: moveIntoPlace(path, now), kept };
  } finally {
    for (const left of [building, copy]) removeWithCompanions(left);
  }
}

/** Puts a draft in its place where a crash kept `salvageFile` from it, and answers what was done in all. */
export function finishSalvage(path: string, now: number): RepairedPart | undefined {
  if (!isSalvageUnfinished(path)) return undefined;
  const database = connectFile(path + DRAFT, { readonly: true, fileMustExist: true });
  const kept = countRows(database);
  database.close();
  const setAside = moveIntoPlace(path, now);
  return { setAside: setAside.length > 0 ? setAside : lastSetAside(path), kept };
}

/** The old log must go before the new file comes: SQLite would take it for the new one's. */
function moveIntoPlace(path: string, now: number): string[] {
  const isThere = ['', ...COMPANIONS].some((suffix) => existsSync(path + suffix));
  const setAside = isThere ? [quarantineFile(path, now)] : [];
  syncFolder(dirname(path));
  renameSync(path + DRAFT, path);
  syncFolder(dirname(path));
  return setAside;
}

function lastSetAside(path: string): string[] {
  const isOurs = (name: string) => name.startsWith(`${basename(path)}.damaged-`);
  const names = readdirSync(dirname(path)).filter(isOurs);
  const files = names.filter((name) => !COMPANIONS.some((suffix) => name.endsWith(suffix)));
  return files
    .sort()
    .slice(-1)
    .map((name) => join(dirname(path), name));
}

/** A copy of the database with all of its log that proves itself, which SQLite might not read to its end. */
function hasCopyWithLog(path: string, copy: string): boolean {
  const log = inspectLog(path);
  if (log === undefined || log.frames.length === 0) return false;
  if (existsSync(path)) copyFileSync(path, copy, constants.COPYFILE_FICLONE);
  else writeFileSync(copy, '');
  applyLog(path, log, copy);
  leaveLogMode(copy);
  return true;
}

/** SQLite is not to look for a log of the copy. */
function leaveLogMode(copy: string): void {
  const file = openSync(copy, 'r+');
  const versions = Buffer.alloc(2);
  try {
    readSync(file, versions, 0, 2, VERSIONS_AT);
    if (versions.equals(Buffer.from([2, 2]))) writeSync(file, Buffer.from([1, 1]), 0, 2, VERSIONS_AT);
  } finally {
    closeSync(file);
  }
}

function copyRows(source: string, draft: string, owner: string | null): number {
  const database = connectFile(draft, { fileMustExist: true });
  try {
    database.pragma('synchronous = FULL');
    // Of two rows with one key the later put counts.
    const insert = database.prepare(
      `WITH new (${COLUMNS}) AS (VALUES (?, ?, ?, ?, ?, ?, ?, ?))
       INSERT OR REPLACE INTO rows (${COLUMNS}) SELECT * FROM new
       WHERE NOT EXISTS (SELECT 1 FROM rows WHERE rows.sequence = new.sequence)
         AND NOT EXISTS (SELECT 1 FROM rows WHERE rows.namespace = new.namespace
           AND rows.kind = new.kind AND rows.key = new.key AND rows.sequence > new.sequence)`,
    );
    const has = database.prepare('SELECT 1 FROM rows WHERE sequence = ?').pluck();
    const copy = database.transaction(() => {
      for (const row of readableRows(source, (sequence) => has.get(sequence) !== undefined))
        if (isWhole(row, owner)) insert.run(...row);
      database.exec(
        'INSERT INTO totals SELECT namespace, kind, count(*), sum(bytes) FROM rows GROUP BY namespace, kind',
      );
    });
    copy();
    return countRows(database);
  } finally {
    database.close();
  }
}

function countRows(database: Database): number {
  return database.prepare('SELECT count(*) FROM rows').pluck().get() as number;
}

/**
 * Every row that SQLite still finds: from the front to the first page it cannot read, then from the back likewise, and
 * those between them one by one where the index of keys names them. Some come twice.
 */
function* readableRows(path: string, isKnown: (sequence: number) => boolean): Generator<StoredRow> {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0) return;
  let database: Database | undefined;
  try {
    database = connectFile(path, { readonly: true, fileMustExist: true });
    // A file that was cut off is read as far as it goes.
    database.unsafeMode(true);
    database.pragma('writable_schema = ON');
    refuseNewerDatabase(path, database);
    const table = `SELECT ${COLUMNS} FROM rows NOT INDEXED ORDER BY sequence`;
    if (!(yield* walk<StoredRow>(database, table))) yield* walk<StoredRow>(database, `${table} DESC`);
    for (const sequence of walkNames(database)) {
      if (isKnown(sequence)) continue;
      const one = `SELECT ${COLUMNS} FROM rows NOT INDEXED WHERE sequence = ${sequence}`;
      yield* walk<StoredRow>(database, one);
    }
  } catch (cause) {
    // Not a database any more: nothing can be read from it.
    refuseOther(cause);
  } finally {
    database?.close();
  }
}

function* walkNames(database: Database): Generator<number> {
  const names = walk<[number]>(database, 'SELECT sequence FROM rows INDEXED BY rows_by_key');
  for (const [sequence] of names) if (Number.isSafeInteger(sequence)) yield sequence;
}

/** Goes on until the first row that cannot be read, and answers whether there was none such. */
function* walk<Row>(database: Database, sql: string): Generator<Row, boolean> {
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

/** A garbled page may give rows that nobody put: kinds, types and length of the value must fit. */
function isWhole(row: StoredRow, owner: string | null): boolean {
  const [sequence, namespace, kind, key, value, bytes] = row;
  if (!Number.isSafeInteger(sequence) || typeof namespace !== 'string') return false;
  if (typeof key !== 'string' || typeof value !== 'string') return false;
  if (!(KINDS as readonly string[]).includes(kind)) return false;
  if (owner !== null && namespace !== encodeText(owner)) return false;
  try {
    return Buffer.byteLength(decodeText(value)) === bytes && decodeText(key).length > 0;
  } catch {
    return false;
  }
}

function removeWithCompanions(path: string): void {
  for (const suffix of ['', ...COMPANIONS]) rmSync(path + suffix, { force: true });
}
