import { existsSync, renameSync, statSync } from 'node:fs';
import BetterSqlite3, { type Database } from 'better-sqlite3';
import { connectFile, createFile, quarantineFile } from './sqlite-file.js';
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

/** Ending of a file with the rows that could be read, while the damaged one makes room. */
export const DRAFT = '.salvaged';

/** Whether a crash came between setting the damaged file aside and putting the draft in its place. */
export function isSalvageUnfinished(path: string): boolean {
  return !existsSync(path) && existsSync(path + DRAFT);
}

/**
 * Puts the rows that can still be read into a new database at `path` and sets the damaged one aside. The draft is whole
 * before the damaged file moves; a crash between the two renames is mended by `finishSalvage`. Throws what SQLite and the
 * file system throw.
 */
export function salvageFile(path: string, owner: string | null, now: number): RepairedPart {
  const draft = path + DRAFT;
  createFile(draft, connectFile);
  const kept = copyRows(path, draft, owner);
  const setAside = quarantineFile(path, now);
  renameSync(draft, path);
  return { setAside: [setAside], kept };
}

/** Moves a draft into its place where a crash kept `salvageFile` from it. */
export function finishSalvage(path: string): void {
  if (isSalvageUnfinished(path)) renameSync(path + DRAFT, path);
}

function copyRows(path: string, draft: string, owner: string | null): number {
  const rows = readableRows(path).filter((row) => isWhole(row, owner));
  const database = connectFile(draft, { fileMustExist: true });
  try {
    database.pragma('synchronous = FULL');
    // Of two rows with one key the later put counts.
    const insert = database.prepare(
      `INSERT OR REPLACE INTO rows (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    const copy = database.transaction(() => {
      for (const row of rows.toSorted(([left], [right]) => left - right)) insert.run(...row);
      database.exec(
        'INSERT INTO totals SELECT namespace, kind, count(*), sum(bytes) FROM rows GROUP BY namespace, kind',
      );
    });
    copy();
    return database.prepare('SELECT count(*) FROM rows').pluck().get() as number;
  } finally {
    database.close();
  }
}

/**
 * Every row that SQLite still finds: from the front to the first page it cannot read, from the back likewise, and those
 * between them one by one where the index of keys names them. Cost: all of it is held in memory.
 */
function readableRows(path: string): StoredRow[] {
  const found = new Map<number, StoredRow>();
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return [];
  let database: Database | undefined;
  try {
    database = new BetterSqlite3(path, { readonly: true, fileMustExist: true });
    const keep = (row: StoredRow): void => void found.set(row[0], row);
    walk<StoredRow>(database, `SELECT ${COLUMNS} FROM rows NOT INDEXED ORDER BY sequence`, keep);
    walk<StoredRow>(database, `SELECT ${COLUMNS} FROM rows NOT INDEXED ORDER BY sequence DESC`, keep);
    const select = database.prepare(`SELECT ${COLUMNS} FROM rows WHERE sequence = ?`).raw();
    walk<[number]>(database, 'SELECT sequence FROM rows INDEXED BY rows_by_key', ([sequence]) => {
      if (!found.has(sequence)) tryTo(() => keep(select.get(sequence) as StoredRow));
    });
  } catch {
    // Not a database any more: nothing can be read from it.
  } finally {
    database?.close();
  }
  return [...found.values()];
}

/** Goes on until the first row that cannot be read. */
function walk<Row>(database: Database, sql: string, keep: (row: Row) => void): void {
  tryTo(() => {
    for (const row of database.prepare(sql).raw().iterate() as Iterable<Row>) keep(row);
  });
}

/** What a damaged page makes of a read is a failure of this read alone. */
function tryTo(work: () => void): void {
  try {
    work();
  } catch {
    // The rows that were reached are kept.
  }
}

/** A garbled page may give rows that nobody put: kinds, types and length of the value must fit. */
function isWhole(row: StoredRow | undefined, owner: string | null): boolean {
  if (row === undefined) return false;
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
