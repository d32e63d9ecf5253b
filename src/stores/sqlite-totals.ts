import type { Database, Statement } from 'better-sqlite3';

interface Delta {
  readonly namespace: string;
  readonly kind: string;
  rows: number;
  bytes: number;
}

/** Collects how a transaction changes the `totals`, and writes them once at its end. Names are as stored. */
export class SqliteTotals {
  private readonly select: Statement;
  private readonly upsert: Statement;
  private readonly removeEmpty: Statement;
  private readonly sumImpressions: Statement;
  private deltas = new Map<string, Delta>();

  constructor(database: Database) {
    this.select = database.prepare('SELECT rows, bytes FROM totals WHERE namespace = ? AND kind = ?').raw();
    this.upsert = database.prepare(
      `INSERT INTO totals (namespace, kind, rows, bytes) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET rows = rows + excluded.rows, bytes = bytes + excluded.bytes`,
    );
    this.removeEmpty = database.prepare('DELETE FROM totals WHERE namespace = ? AND kind = ? AND rows = 0');
    this.sumImpressions = database
      .prepare("SELECT coalesce(sum(bytes), 0) FROM totals WHERE kind = 'impression'")
      .pluck();
  }

  /** Forgets what a failed transaction has collected. */
  clear(): void {
    this.deltas = new Map();
  }

  add(namespace: string, kind: string, rows: number, bytes: number): void {
    const key = `${kind} ${namespace}`;
    const delta = this.deltas.get(key);
    if (!delta) {
      this.deltas.set(key, { namespace, kind, rows, bytes });
      return;
    }
    delta.rows += rows;
    delta.bytes += bytes;
  }

  /** What there is of a kind, counting what was collected. */
  now(namespace: string, kind: string): { rows: number; bytes: number } {
    const [rows, bytes] = (this.select.get(namespace, kind) as [number, number] | undefined) ?? [0, 0];
    const delta = this.deltas.get(`${kind} ${namespace}`);
    return { rows: rows + (delta?.rows ?? 0), bytes: bytes + (delta?.bytes ?? 0) };
  }

  /** Bytes of impressions that were collected, over all namespaces. */
  impressionDelta(): number {
    let bytes = 0;
    for (const delta of this.deltas.values()) if (delta.kind === 'impression') bytes += delta.bytes;
    return bytes;
  }

  /** Bytes of impressions in the database, over all namespaces. Costs a scan of the totals. */
  impressionBytes(): number {
    return this.sumImpressions.get() as number;
  }

  save(): void {
    for (const { namespace, kind, rows, bytes } of this.deltas.values()) {
      this.upsert.run(namespace, kind, rows, bytes);
      this.removeEmpty.run(namespace, kind);
    }
    this.clear();
  }
}
