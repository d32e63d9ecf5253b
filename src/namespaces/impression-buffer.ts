import type { Row } from '../stores/store.js';

/** Bytes of impressions not yet written, over all namespaces; one object shared by them. */
export interface ImpressionBudget {
  bytes: number;
  readonly maxBytes: number;
}

/** What a row takes beside its text. */
const ROW_OVERHEAD_BYTES = 300;

function sizeOf(row: Row): number {
  return row.value.length + row.key.length + ROW_OVERHEAD_BYTES;
}

/**
 * Impressions on their way to the store: written behind at each flush, findable until they are there. Bounded: over the
 * namespace's or the shared bound the oldest are forgotten (a disk that stays full must not eat the memory).
 */
export class ImpressionBuffer {
  private readonly rows = new Map<string, Row>();
  private held = 0;
  /** Impressions forgotten before they could be written. */
  forgotten = 0;

  constructor(
    private readonly maxBytes: number,
    private readonly maxCount: number,
    private readonly budget: ImpressionBudget,
  ) {}

  get bytes(): number {
    return this.held;
  }

  get size(): number {
    return this.rows.size;
  }

  add(row: Row): void {
    this.delete(row.key);
    this.rows.set(row.key, row);
    this.account(sizeOf(row));
    while (this.rows.size > 1 && this.exceeds()) {
      const [oldest] = this.rows.keys();
      this.delete(oldest);
      this.forgotten++;
    }
  }

  private exceeds(): boolean {
    return (
      this.held > this.maxBytes || this.rows.size > this.maxCount || this.budget.bytes > this.budget.maxBytes
    );
  }

  get(requestId: string): Row | undefined {
    return this.rows.get(requestId);
  }

  /** Rows of one query, newest first. */
  ofQuery(cellId: string): Row[] {
    return [...this.rows.values()].filter(({ group }) => group === cellId).reverse();
  }

  /** The oldest `limit` rows; they stay until `written`. */
  oldest(limit: number): Row[] {
    const rows: Row[] = [];
    for (const row of this.rows.values()) {
      if (rows.length >= limit) break;
      rows.push(row);
    }
    return rows;
  }

  written(rows: readonly Row[]): void {
    for (const row of rows) this.delete(row.key);
  }

  clear(): void {
    this.written([...this.rows.values()]);
  }

  private delete(key: string): void {
    const row = this.rows.get(key);
    if (row === undefined) return;
    this.rows.delete(key);
    this.account(-sizeOf(row));
  }

  private account(bytes: number): void {
    this.held += bytes;
    this.budget.bytes += bytes;
  }
}
