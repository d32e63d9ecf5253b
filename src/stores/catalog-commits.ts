import type { Database, Statement } from 'better-sqlite3';
import { AUDIT_COLUMNS, RECORD_COLUMNS } from './catalog-schema.js';
import {
  type AuditEnd,
  type AuditRow,
  assertNext,
  type CatalogChange,
  type CatalogRow,
} from './catalog-store.js';
import { probe } from './sqlite-content.js';
import { rewrite } from './sqlite-rewrite.js';
import { encodeText } from './sqlite-text.js';

/** The writing half of the catalog on an open database: every call is one transaction. */
export class CatalogCommits {
  private readonly insertRecord: Statement;
  private readonly removeRecord: Statement;
  private readonly selectEnd: Statement;
  private readonly insertEntry: Statement;
  private readonly redact: Statement;
  private readonly removeDue: Statement;

  constructor(private readonly database: Database) {
    // What is removed is overwritten at once: what is left to `compact` is what moved within the file before.
    database.pragma('secure_delete = ON');
    this.insertRecord = database.prepare(
      `INSERT OR REPLACE INTO records (${RECORD_COLUMNS}) VALUES (?, ?, ?, ?)`,
    );
    this.removeRecord = database.prepare('DELETE FROM records WHERE kind = ? AND key = ?');
    this.selectEnd = database.prepare('SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1');
    this.insertEntry = database.prepare(
      `INSERT INTO audit (${AUDIT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.redact = database.prepare(
      'UPDATE audit SET content = NULL WHERE namespace = ? AND content IS NOT NULL',
    );
    this.removeDue = database.prepare(
      `DELETE FROM records WHERE (kind, key) IN (
         SELECT kind, key FROM records INDEXED BY records_by_expiry
         WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`,
    );
  }

  commit(changes: readonly CatalogChange[]): void {
    const apply = this.database.transaction(() => {
      for (const change of changes) this.apply(change);
    });
    apply.immediate();
  }

  /** Whether there may be more. */
  sweep(now: number, limit: number): boolean {
    return this.database.transaction(() => this.removeDue.run(now, limit).changes >= limit).immediate();
  }

  compact(): void {
    rewrite(this.database);
  }

  probe(): void {
    probe(this.database);
  }

  private apply(change: CatalogChange): void {
    if ('put' in change) this.put(change.put);
    else if ('remove' in change) this.removeRecord.run(change.remove.kind, encodeText(change.remove.key));
    else if ('append' in change) this.append(change);
    else this.redact.run(encodeText(change.redact));
  }

  private put({ kind, key, value, expiresAt }: CatalogRow): void {
    const expires = Number.isFinite(expiresAt) ? expiresAt : null;
    this.insertRecord.run(kind, encodeText(key), encodeText(value), expires);
  }

  private append(change: Extract<CatalogChange, { append: AuditRow }>): void {
    assertNext(change, this.selectEnd.get() as AuditEnd | undefined);
    const { seq, at, actor, action, namespace, requestId, values, valuesHash, hash } = change.append;
    const texts = [actor, action, namespace, requestId].map(encodeText);
    this.insertEntry.run(seq, at, ...texts, values === null ? null : encodeText(values), valuesHash, hash);
  }
}
