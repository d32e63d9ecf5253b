import { createHash } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import { CatalogCommits } from './catalog-commits.js';
import { CatalogQueries } from './catalog-queries.js';
import { AUDIT_COLUMNS, CATALOG, RECORD_COLUMNS } from './catalog-schema.js';
import { CATALOG_KINDS } from './catalog-store.js';
import type { SqliteContent } from './sqlite-content.js';
import { decodeText } from './sqlite-text.js';
import { readDamaged, walk } from './sqlite-walk.js';

/** A row that a damaged page gave: anything. */
type Found = unknown[];

/**
 * A database with the catalog. Of a damaged one every record and every audit entry is kept that can be read, and every
 * namespace whose name can be.
 */
export const CATALOG_CONTENT: SqliteContent<CatalogQueries, CatalogCommits> = {
  kind: CATALOG,
  queries: (database) => new CatalogQueries(database),
  commits: (database) => new CatalogCommits(database),
  refuseForeign: () => {},
  copy(source, target) {
    const record = target.prepare(`INSERT OR IGNORE INTO records (${RECORD_COLUMNS}) VALUES (?, ?, ?, ?)`);
    for (const row of readDamaged(source, CATALOG, readRecords)) {
      const kept = keptRecord(row);
      if (kept !== undefined) record.run(...kept);
    }
    const entry = target.prepare(
      `INSERT OR IGNORE INTO audit (${AUDIT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    for (const row of readDamaged(source, CATALOG, readEntries)) {
      if (isEntry(row)) entry.run(...row.with(6, whole(row[6], row[7])));
    }
  },
  count: (database) =>
    database
      .prepare('SELECT (SELECT count(*) FROM records) + (SELECT count(*) FROM audit)')
      .pluck()
      .get() as number,
};

/** From the front to the first page that cannot be read, then from the back likewise. */
function* readRecords(database: Database): Generator<Found, void> {
  const table = `SELECT ${RECORD_COLUMNS} FROM records`;
  if (!(yield* walk<Found>(database, `${table} ORDER BY kind, key`)))
    yield* walk<Found>(database, `${table} ORDER BY kind DESC, key DESC`);
}

function* readEntries(database: Database): Generator<Found, void> {
  const table = `SELECT ${AUDIT_COLUMNS} FROM audit NOT INDEXED ORDER BY seq`;
  if (!(yield* walk<Found>(database, table))) yield* walk<Found>(database, `${table} DESC`);
}

/**
 * Undefined = it is of no use. Of a namespace whose record is garbled the name is: one without a readable record is
 * suspended, where one that is missing would be as if nobody had forbidden anything.
 */
function keptRecord([kind, key, value, expiresAt]: Found): Found | undefined {
  if (!(CATALOG_KINDS as readonly unknown[]).includes(kind)) return undefined;
  if (typeof key !== 'string' || decoded(key) === '') return undefined;
  const text = typeof value === 'string' ? decoded(value) : '';
  if (kind === 'namespace') return [kind, key, text === '' ? '' : value, null];
  return isJson(text) && (expiresAt === null || typeof expiresAt === 'number')
    ? [kind, key, value, expiresAt]
    : undefined;
}

function isEntry([seq, at, ...texts]: Found): boolean {
  if (!Number.isSafeInteger(seq) || (seq as number) < 1 || typeof at !== 'number') return false;
  // All but the values, which may have been redacted.
  return texts.every((text, place) => typeof text === 'string' || (place === 4 && text === null));
}

/** Values that are not what was written count as redacted: the rest of the entry proves itself without them. */
function whole(values: unknown, hash: unknown): string | null {
  if (typeof values !== 'string') return null;
  return createHash('sha256').update(decoded(values)).digest('hex') === hash ? values : null;
}

/** Empty where it cannot have been encoded. */
function decoded(text: string): string {
  try {
    return decodeText(text);
  } catch {
    return '';
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
