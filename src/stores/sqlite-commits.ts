import type { Database, Statement } from 'better-sqlite3';
import { probe } from './sqlite-content.js';
import { rewrite } from './sqlite-rewrite.js';
import { SqliteSummary } from './sqlite-summary.js';
import { encodeText } from './sqlite-text.js';
import { SqliteTotals } from './sqlite-totals.js';
import { type Change, type ImpressionBounds, KINDS, type Kind, type Row } from './store.js';

/** Rows looked at in one go while impressions are trimmed. */
const TRIM_BATCH = 64;

export interface SqliteCommitsOptions {
  readonly impressions?: ImpressionBounds;
  /** Gives every put its sequence; absent = one more than the highest in the file. */
  readonly nextSequence?: () => number;
}

/** The writing half of the store contract on an open database: every call is one transaction. */
export class SqliteCommits {
  /** What there is, to be asked between commits. */
  readonly summary: SqliteSummary;
  private readonly totals: SqliteTotals;
  private readonly insert: Statement;
  private readonly removeByKey: Statement;
  private readonly removeBySequence: Statement;
  private readonly removeNamespace: Statement;
  private readonly oldestOfNamespace: Statement;
  private readonly oldestOfAll: Statement;
  private readonly due: Statement;
  private impressionBytes: number;

  constructor(
    private readonly database: Database,
    private readonly options: SqliteCommitsOptions = {},
  ) {
    this.summary = new SqliteSummary(database);
    this.totals = new SqliteTotals(database);
    this.impressionBytes = this.totals.impressionBytes();
    this.insert = database.prepare(
      `INSERT INTO rows (sequence, namespace, kind, key, value, bytes, grp, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.removeByKey = database
      .prepare('DELETE FROM rows WHERE namespace = ? AND kind = ? AND key = ? RETURNING bytes')
      .pluck();
    this.removeBySequence = database.prepare('DELETE FROM rows WHERE sequence = ?');
    this.removeNamespace = database.prepare('DELETE FROM rows WHERE namespace = ?');
    this.oldestOfNamespace = this.prepareOldest('impressions_by_namespace', 'namespace = ? AND');
    this.oldestOfAll = this.prepareOldest('impressions_by_age', '');
    this.due = database
      .prepare(
        `SELECT sequence, namespace, kind, bytes FROM rows INDEXED BY rows_by_expiry
         WHERE expires_at <= ? ORDER BY expires_at LIMIT ?`,
      )
      .raw();
  }

  commit(namespace: string, changes: readonly Change[]): void {
    if (changes.length === 0) return;
    const name = encodeText(namespace);
    this.transact(() => {
      for (const change of changes) {
        if ('put' in change) this.put(name, change.put);
        else this.remove(name, change.remove.kind, change.remove.key);
      }
      if (changes.some(addsImpression)) this.trim(name);
    });
  }

  drop(namespace: string): void {
    const name = encodeText(namespace);
    this.transact(() => {
      for (const kind of KINDS) {
        const { rows, bytes } = this.totals.now(name, kind);
        if (rows > 0) this.totals.add(name, kind, -rows, -bytes);
      }
      this.removeNamespace.run(name);
    });
  }

  /** Rewrites the file once the rows are gone; what had been removed before goes with them. See `rewrite`. */
  erase(namespace: string): { rows: number; bytes: number } {
    const name = encodeText(namespace);
    this.totals.clear();
    const erased = { rows: 0, bytes: 0 };
    for (const kind of KINDS) {
      const { rows, bytes } = this.totals.now(name, kind);
      erased.rows += rows;
      erased.bytes += bytes;
    }
    this.drop(namespace);
    rewrite(this.database);
    return erased;
  }

  sweep(now: number, limit: number): number {
    const due = this.due.all(now, limit) as OldRow[];
    if (due.length === 0) return 0;
    this.transact(() => {
      for (const row of due) this.removeOld(row);
    });
    return due.length;
  }

  /** Removes impressions put before `sequence`, the oldest first, until `bytes` of them are gone or none is left. */
  removeOldImpressions(bytes: number, sequence: number): void {
    this.transact(() => {
      this.removeOldestWhile(
        () => (this.oldestOfAll.all() as OldRow[]).filter(([own]) => own < sequence),
        () => -this.totals.impressionDelta() < bytes,
      );
    });
  }

  /** Writes a page without changing anything, to learn whether the disk takes writes again. */
  probe(): void {
    probe(this.database);
  }

  private prepareOldest(index: string, condition: string): Statement {
    return this.database
      .prepare(
        `SELECT sequence, namespace, kind, bytes FROM rows INDEXED BY ${index}
         WHERE ${condition} kind = 'impression' ORDER BY sequence LIMIT ${TRIM_BATCH}`,
      )
      .raw();
  }

  private transact(work: () => void): void {
    this.totals.clear();
    let delta = 0;
    this.database
      .transaction(() => {
        work();
        delta = this.totals.impressionDelta();
        this.totals.save();
      })
      .immediate();
    this.impressionBytes += delta;
  }

  private put(name: string, { kind, key, value, group, expiresAt }: Row): void {
    const storedKey = encodeText(key);
    this.removeStored(name, kind, storedKey);
    const bytes = Buffer.byteLength(value);
    const storedGroup = group === undefined ? null : encodeText(group);
    const expires = Number.isFinite(expiresAt) ? expiresAt : null;
    const sequence = this.options.nextSequence?.() ?? null;
    this.insert.run(sequence, name, kind, storedKey, encodeText(value), bytes, storedGroup, expires);
    this.totals.add(name, kind, 1, bytes);
  }

  private remove(name: string, kind: Kind, key: string): void {
    this.removeStored(name, kind, encodeText(key));
  }

  private removeStored(name: string, kind: Kind, storedKey: string): void {
    const bytes = this.removeByKey.get(name, kind, storedKey) as number | undefined;
    if (bytes !== undefined) this.totals.add(name, kind, -1, -bytes);
  }

  private removeOld([sequence, name, kind, bytes]: OldRow): void {
    this.removeBySequence.run(sequence);
    this.totals.add(name, kind, -1, -bytes);
  }

  private trim(name: string): void {
    const { totals } = this;
    const bounds = this.options.impressions;
    if (!bounds) return;
    const most = bounds.namespaceCount ?? Number.POSITIVE_INFINITY;
    this.removeOldestWhile(
      () => this.oldestOfNamespace.all(name),
      () => {
        const { rows, bytes } = totals.now(name, 'impression');
        return bytes > bounds.namespaceBytes || rows > most;
      },
    );
    this.removeOldestWhile(
      () => this.oldestOfAll.all(),
      () => this.impressionBytes + totals.impressionDelta() > bounds.totalBytes,
    );
  }

  private removeOldestWhile(selectBatch: () => unknown[], isOver: () => boolean): void {
    while (isOver()) {
      const batch = selectBatch() as OldRow[];
      if (batch.length === 0) return;
      for (const row of batch) {
        if (!isOver()) return;
        this.removeOld(row);
      }
    }
  }
}

type OldRow = [sequence: number, name: string, kind: Kind, bytes: number];

function addsImpression(change: Change): boolean {
  return 'put' in change && change.put.kind === 'impression';
}
