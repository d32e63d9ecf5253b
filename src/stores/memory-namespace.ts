import type { Kind, Row, RowPage, StoreUsage } from './store.js';
import { KINDS } from './store.js';

/** A row as the memory driver holds it. */
export interface MemoryEntry {
  readonly namespace: string;
  readonly row: Row;
  /** Higher than that of every put before it. */
  readonly sequence: number;
  /** UTF-8 length of the value. */
  readonly bytes: number;
  /** As in the row; rows that never expire have Infinity and are in no heap. */
  readonly expiresAt: number;
  queued: boolean;
}

/** The entries of one kind. A key that is put again moves to the end, so the order is that of the last puts. */
interface KindRows {
  readonly entries: Map<string, MemoryEntry>;
  readonly groups: Map<string, Set<MemoryEntry>>;
  bytes: number;
}

/** The rows of one namespace, with look-up by key and by group and running totals by kind. */
export class MemoryNamespace {
  private readonly kinds = new Map<Kind, KindRows>();
  /** The entries of all kinds, in the order of their last puts. */
  private readonly entries = new Set<MemoryEntry>();

  get isEmpty(): boolean {
    return this.entries.size === 0;
  }

  get(kind: Kind, key: string): MemoryEntry | undefined {
    return this.kinds.get(kind)?.entries.get(key);
  }

  /** Adds an entry whose key is not there. */
  add(entry: MemoryEntry): void {
    const rows = this.rowsOf(entry.row.kind);
    rows.entries.set(entry.row.key, entry);
    rows.bytes += entry.bytes;
    this.entries.add(entry);
    const { group } = entry.row;
    if (group === undefined) return;
    const members = rows.groups.get(group);
    if (members) members.add(entry);
    else rows.groups.set(group, new Set([entry]));
  }

  /** Removes an entry that is there. */
  remove(entry: MemoryEntry): void {
    const rows = this.rowsOf(entry.row.kind);
    rows.entries.delete(entry.row.key);
    rows.bytes -= entry.bytes;
    this.entries.delete(entry);
    const { group } = entry.row;
    if (group === undefined) return;
    const members = rows.groups.get(group)!;
    members.delete(entry);
    if (members.size === 0) rows.groups.delete(group);
  }

  /** Entries of a kind, the one put longest ago first. */
  *ofKind(kind: Kind): IterableIterator<MemoryEntry> {
    yield* this.kinds.get(kind)?.entries.values() ?? [];
  }

  all(): Iterable<MemoryEntry> {
    return this.entries;
  }

  /** Costs the entries up to the end of the page. */
  scan(cursor: number, limit: number): RowPage {
    const rows: Row[] = [];
    let last = cursor;
    for (const { row, sequence } of this.entries) {
      if (sequence <= cursor) continue;
      if (rows.length >= limit) return { rows, next: last };
      rows.push(row);
      last = sequence;
    }
    return { rows, next: null };
  }

  /** Newest first. Costs the size of the group. */
  find(kind: Kind, group: string, limit: number): Row[] {
    const members = [...(this.kinds.get(kind)?.groups.get(group) ?? [])];
    return members
      .slice(Math.max(0, members.length - limit))
      .reverse()
      .map((entry) => entry.row);
  }

  rowCount(kind: Kind): number {
    return this.kinds.get(kind)?.entries.size ?? 0;
  }

  byteCount(kind: Kind): number {
    return this.kinds.get(kind)?.bytes ?? 0;
  }

  usage(): StoreUsage {
    const byKind = (measure: (kind: Kind) => number) =>
      Object.fromEntries(KINDS.map((kind) => [kind, measure(kind)])) as Record<Kind, number>;
    return { rows: byKind((kind) => this.rowCount(kind)), bytes: byKind((kind) => this.byteCount(kind)) };
  }

  private rowsOf(kind: Kind): KindRows {
    let rows = this.kinds.get(kind);
    if (!rows) {
      rows = { entries: new Map(), groups: new Map(), bytes: 0 };
      this.kinds.set(kind, rows);
    }
    return rows;
  }
}
