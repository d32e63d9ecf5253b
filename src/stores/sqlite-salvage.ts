import type { Database } from 'better-sqlite3';
import type { Salvage } from './sqlite-content.js';
import { replaceDamaged } from './sqlite-replace.js';
import { STATE } from './sqlite-schema.js';
import { decodeText, encodeText } from './sqlite-text.js';
import { readDamaged, walk } from './sqlite-walk.js';
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

/** Puts the rows of a damaged database that can still be read in its place: see `replaceDamaged`. */
export function salvageFile(path: string, owner: string | null, now: number): RepairedPart {
  return replaceDamaged(path, now, stateSalvage(owner));
}

/** Of namespaces' state: every row that can be read, of `owner` alone where there is one. */
export function stateSalvage(owner: string | null): Salvage {
  return {
    kind: STATE,
    copy: (source, target) => copyRows(source, target, owner),
    count: (database) => database.prepare('SELECT count(*) FROM rows').pluck().get() as number,
  };
}

function copyRows(source: string, target: Database, owner: string | null): void {
  // Of two rows with one key the later put counts.
  const insert = target.prepare(
    `WITH new (${COLUMNS}) AS (VALUES (?, ?, ?, ?, ?, ?, ?, ?))
     INSERT OR REPLACE INTO rows (${COLUMNS}) SELECT * FROM new
     WHERE NOT EXISTS (SELECT 1 FROM rows WHERE rows.sequence = new.sequence)
       AND NOT EXISTS (SELECT 1 FROM rows WHERE rows.namespace = new.namespace
         AND rows.kind = new.kind AND rows.key = new.key AND rows.sequence > new.sequence)`,
  );
  const has = target.prepare('SELECT 1 FROM rows WHERE sequence = ?').pluck();
  const rows = readDamaged(source, STATE, (database) =>
    readableRows(database, (sequence) => has.get(sequence) !== undefined),
  );
  for (const row of rows) if (isWhole(row, owner)) insert.run(...row);
  target.exec(
    'INSERT INTO totals SELECT namespace, kind, count(*), sum(bytes) FROM rows GROUP BY namespace, kind',
  );
}

/**
 * Every row that SQLite still finds: from the front to the first page it cannot read, then from the back likewise, and
 * those between them one by one where the index of keys names them. Some come twice.
 */
function* readableRows(
  database: Database,
  isKnown: (sequence: number) => boolean,
): Generator<StoredRow, void> {
  const table = `SELECT ${COLUMNS} FROM rows NOT INDEXED ORDER BY sequence`;
  if (!(yield* walk<StoredRow>(database, table))) yield* walk<StoredRow>(database, `${table} DESC`);
  for (const sequence of walkNames(database)) {
    if (isKnown(sequence)) continue;
    const one = `SELECT ${COLUMNS} FROM rows NOT INDEXED WHERE sequence = ${sequence}`;
    yield* walk<StoredRow>(database, one);
  }
}

function* walkNames(database: Database): Generator<number> {
  const names = walk<[number]>(database, 'SELECT sequence FROM rows INDEXED BY rows_by_key');
  for (const [sequence] of names) if (Number.isSafeInteger(sequence)) yield sequence;
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
