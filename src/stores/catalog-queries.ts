import type { Database, Statement } from 'better-sqlite3';
import { AUDIT_COLUMNS, RECORD_COLUMNS } from './catalog-schema.js';
import {
  type AuditFilter,
  type AuditRow,
  type CatalogContents,
  type CatalogKind,
  type CatalogRow,
  LOADED_KINDS,
} from './catalog-store.js';
import { decodeText, encodeText } from './sqlite-text.js';

type StoredRecord = [kind: CatalogKind, key: string, value: string, expiresAt: number | null];
type StoredEntry = [
  seq: number,
  at: number,
  actor: string,
  action: string,
  namespace: string,
  requestId: string,
  values: string | null,
  valuesHash: string,
  hash: string,
];

const LOADED_LIST = LOADED_KINDS.map((kind) => `'${kind}'`).join(', ');
/** Which index finds the entries of a filter; what else is asked is looked at row by row. */
const INDEXED = ['namespace', 'actor', 'action'] as const;

/** The reading half of the catalog on an open database of today's format; also on a read-only one. */
export class CatalogQueries {
  private readonly selectLoaded: Statement;
  private readonly selectRecord: Statement;
  private readonly selectLast: Statement;

  constructor(private readonly database: Database) {
    this.selectLoaded = database
      .prepare(`SELECT ${RECORD_COLUMNS} FROM records WHERE kind IN (${LOADED_LIST})`)
      .raw();
    this.selectRecord = database
      .prepare(`SELECT ${RECORD_COLUMNS} FROM records WHERE kind = ? AND key = ?`)
      .raw();
    this.selectLast = database.prepare(`SELECT ${AUDIT_COLUMNS} FROM audit ORDER BY seq DESC LIMIT 1`).raw();
  }

  load(): CatalogContents {
    const last = this.selectLast.get() as StoredEntry | undefined;
    return {
      rows: (this.selectLoaded.all() as StoredRecord[]).map(toRecord),
      lastAudit: last && toEntry(last),
    };
  }

  get(kind: CatalogKind, key: string): CatalogRow | undefined {
    const found = this.selectRecord.get(kind, encodeText(key)) as StoredRecord | undefined;
    return found && toRecord(found);
  }

  /** Of several names the first goes by its index, and the entries it finds are looked at one by one. */
  audit({ since, ...names }: AuditFilter, after: number, limit: number): AuditRow[] {
    const given = INDEXED.filter((name) => names[name] !== undefined);
    const index = given[0] === undefined ? 'NOT INDEXED' : `INDEXED BY audit_by_${given[0]}`;
    const terms = given.map((name) => `AND ${name} = ?`);
    const values: (string | number)[] = given.map((name) => encodeText(names[name]!));
    if (since !== undefined) terms.push('AND at >= ?');
    if (since !== undefined) values.push(since);
    const sql = `SELECT ${AUDIT_COLUMNS} FROM audit ${index} WHERE seq > ? ${terms.join(' ')} ORDER BY seq LIMIT ?`;
    const found = this.database
      .prepare(sql)
      .raw()
      .all(after, ...values, limit);
    return (found as StoredEntry[]).map(toEntry);
  }
}

function toRecord([kind, key, value, expiresAt]: StoredRecord): CatalogRow {
  const expiry = expiresAt === null ? {} : { expiresAt };
  return { kind, key: decodeText(key), value: decodeText(value), ...expiry };
}

function toEntry([
  seq,
  at,
  actor,
  action,
  namespace,
  requestId,
  values,
  valuesHash,
  hash,
]: StoredEntry): AuditRow {
  return {
    seq,
    at,
    actor: decodeText(actor),
    action: decodeText(action),
    namespace: decodeText(namespace),
    requestId: decodeText(requestId),
    values: values === null ? null : decodeText(values),
    valuesHash,
    hash,
  };
}
