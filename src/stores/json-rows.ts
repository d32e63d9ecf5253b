import { ExpiryHeap } from './expiry-heap.js';
import type { JournalEntry, PlacedRow, Summary } from './json-format.js';
import { type MemoryEntry, MemoryNamespace } from './memory-namespace.js';
import { KINDS, type Kind, type Row, type RowPage, type StoreUsage } from './store.js';

/** The rows of one namespace in memory, as its files tell them. Nothing here touches a disk or can fail. */
export class JsonRows {
  private held = new MemoryNamespace();
  private expiring = new ExpiryHeap<MemoryEntry>();
  private last = 0;

  constructor(private readonly namespace: string) {}

  get isEmpty(): boolean {
    return this.held.isEmpty;
  }

  /** UTF-8 bytes of all values. */
  get bytes(): number {
    return KINDS.reduce((sum, kind) => sum + this.held.byteCount(kind), 0);
  }

  load(kinds: readonly Kind[]): Row[] {
    return kinds.flatMap((kind) => Array.from(this.held.ofKind(kind), (entry) => entry.row));
  }

  get(kind: Kind, key: string): Row | undefined {
    return this.held.get(kind, key)?.row;
  }

  find(kind: Kind, group: string, limit: number): Row[] {
    return this.held.find(kind, group, limit);
  }

  scan(cursor: number, limit: number): RowPage {
    return this.held.scan(cursor, limit);
  }

  usage(): StoreUsage {
    return this.held.usage();
  }

  /** All rows in the order of their puts, as they are now: the list does not follow later changes. */
  snapshot(): readonly PlacedRow[] {
    return [...this.held.all()];
  }

  /** Costs the kinds, not the rows. */
  summary(): Summary {
    const [oldest] = this.held.ofKind('impression');
    return {
      rows: KINDS.reduce((sum, kind) => sum + this.held.rowCount(kind), 0),
      impressionBytes: this.held.byteCount('impression'),
      oldestImpression: oldest?.sequence ?? Number.POSITIVE_INFINITY,
      earliestExpiry: this.expiring.nextAt(),
      lastSequence: this.last,
    };
  }

  /** Adds rows in the order of their sequences; of a key that comes twice the later one stays. */
  addAll(placed: readonly PlacedRow[]): void {
    for (const { row, sequence } of placed.toSorted((a, b) => a.sequence - b.sequence))
      this.put(row, sequence);
  }

  /** Does what a journal entry says, to the kinds that are asked for. */
  apply(entry: JournalEntry, concerns: (kind: Kind) => boolean = () => true): void {
    if (entry.drop) for (const kind of KINDS) if (concerns(kind)) this.removeKind(kind);
    let sequence = entry.sequence - 1;
    for (const change of entry.changes) {
      sequence += 1;
      const { kind, key } = 'put' in change ? change.put : change.remove;
      if (!concerns(kind)) continue;
      if ('put' in change) this.put(change.put, sequence);
      else this.removeKey(kind, key);
    }
    if (entry.trim !== undefined && concerns('impression')) this.trim(entry.trim);
    this.last = Math.max(this.last, sequence);
  }

  /** Takes up to `limit` rows that expired by `now` off the list of those that will; `apply` their removal, or `keep` them. */
  takeDue(now: number, limit: number): MemoryEntry[] {
    return this.expiring.takeDue(now, limit);
  }

  /** Puts rows back that `takeDue` took. */
  keep(due: readonly MemoryEntry[]): void {
    for (const entry of due) this.expiring.add(entry);
  }

  /**
   * The sequence up to which impressions must go, oldest first, for as long as `isOver` says so of what would be left
   * once `entry` is applied; undefined where none must. Costs the changes and what must go.
   */
  overdue(
    entry: JournalEntry,
    isOver: (rows: number, bytes: number, oldest: number) => boolean,
  ): number | undefined {
    let rows = this.held.rowCount('impression');
    let bytes = this.held.byteCount('impression');
    /** Impressions that the entry puts, and removes (null). */
    const changed = new Map<string, { sequence: number; bytes: number } | null>();
    entry.changes.forEach((change, index) => {
      const { kind, key } = 'put' in change ? change.put : change.remove;
      if (kind !== 'impression') return;
      const before = changed.has(key) ? changed.get(key) : this.held.get(kind, key);
      if (before) {
        rows -= 1;
        bytes -= before.bytes;
      }
      changed.delete(key);
      changed.set(key, null);
      if (!('put' in change)) return;
      const size = Buffer.byteLength(change.put.value);
      changed.set(key, { sequence: entry.sequence + index, bytes: size });
      rows += 1;
      bytes += size;
    });
    let upTo: number | undefined;
    const goesOn = (one: { sequence: number; bytes: number }): boolean => {
      if (!isOver(rows, bytes, one.sequence)) return false;
      rows -= 1;
      bytes -= one.bytes;
      upTo = one.sequence;
      return true;
    };
    for (const held of this.held.ofKind('impression'))
      if (!changed.has(held.row.key) && !goesOn(held)) return upTo;
    for (const put of changed.values()) if (put && !goesOn(put)) return upTo;
    return upTo;
  }

  private put(row: Row, sequence: number): void {
    this.removeKey(row.kind, row.key);
    const entry: MemoryEntry = {
      namespace: this.namespace,
      row,
      sequence,
      bytes: Buffer.byteLength(row.value),
      expiresAt: row.expiresAt ?? Number.POSITIVE_INFINITY,
      queued: false,
    };
    this.held.add(entry);
    if (row.expiresAt !== undefined) this.expiring.add(entry);
    this.last = Math.max(this.last, sequence);
  }

  private trim(upTo: number): void {
    for (const entry of this.held.ofKind('impression')) {
      if (entry.sequence > upTo) return;
      this.remove(entry);
    }
  }

  private removeKind(kind: Kind): void {
    for (const entry of this.held.ofKind(kind)) this.remove(entry);
  }

  private removeKey(kind: Kind, key: string): void {
    const entry = this.held.get(kind, key);
    if (entry) this.remove(entry);
  }

  private remove(entry: MemoryEntry): void {
    this.held.remove(entry);
    this.expiring.remove(entry);
  }
}
