import { ExpiryHeap } from './expiry-heap.js';
import { type MemoryEntry, MemoryNamespace } from './memory-namespace.js';
import { makeRow, totalOf } from './row.js';
import {
  type Change,
  type ErasedState,
  type ImpressionBounds,
  type Kind,
  type Row,
  type RowPage,
  STATE_KINDS,
  StorageError,
  type Store,
  type StoreHealth,
  type StoreUsage,
  type SweepResult,
} from './store.js';

/** A change that has been checked and copied: nothing can fail from here on. */
type StagedChange = { readonly put: MemoryEntry } | { readonly remove: { kind: Kind; key: string } };

/**
 * Keeps rows in the process's own memory: nothing outlives it, so evicting a namespace drops its state. For tests,
 * evaluation and `STORAGE_BACKEND=memory`. Rows handed out are frozen copies of those handed in.
 */
export class MemoryStore implements Store {
  readonly name = 'memory';
  readonly durable = false;
  private readonly byName = new Map<string, MemoryNamespace>();
  private readonly expiring = new ExpiryHeap<MemoryEntry>();
  /** Impressions of all namespaces, the one put longest ago first. */
  private readonly impressions = new Set<MemoryEntry>();
  private impressionBytes = 0;
  private lastSequence = 0;
  private closed = false;

  /** Without bounds impressions are limited by their expiry alone. */
  constructor(private readonly bounds?: ImpressionBounds) {}

  async namespaces(): Promise<string[]> {
    this.assertOpen();
    return [...this.byName.keys()].sort();
  }

  async load(namespace: string): Promise<Row[]> {
    this.assertOpen();
    const held = this.byName.get(namespace);
    if (!held) return [];
    return STATE_KINDS.flatMap((kind) => Array.from(held.ofKind(kind), (entry) => entry.row));
  }

  async get(namespace: string, kind: Kind, key: string): Promise<Row | undefined> {
    this.assertOpen();
    return this.byName.get(namespace)?.get(kind, key)?.row;
  }

  async find(namespace: string, kind: Kind, group: string, limit: number): Promise<Row[]> {
    this.assertOpen();
    return this.byName.get(namespace)?.find(kind, group, limit) ?? [];
  }

  async commit(namespace: string, changes: readonly Change[]): Promise<void> {
    this.assertOpen();
    const staged = changes.map((change) => this.stage(namespace, change));
    for (const change of staged) this.apply(namespace, change);
    if (staged.some((change) => 'put' in change && change.put.row.kind === 'impression'))
      this.trim(namespace);
  }

  async scan(namespace: string, cursor: number, limit: number): Promise<RowPage> {
    this.assertOpen();
    return this.byName.get(namespace)?.scan(cursor, limit) ?? { rows: [], next: null };
  }

  async usage(namespace: string): Promise<StoreUsage> {
    this.assertOpen();
    return (this.byName.get(namespace) ?? new MemoryNamespace()).usage();
  }

  async drop(namespace: string): Promise<void> {
    this.assertOpen();
    const held = this.byName.get(namespace);
    if (!held) return;
    this.byName.delete(namespace);
    for (const entry of held.all()) this.forget(entry);
  }

  async erase(namespace: string): Promise<ErasedState> {
    const removed = totalOf(await this.usage(namespace));
    await this.drop(namespace);
    return { ...removed, files: [], left: [] };
  }

  /** All there is is held in memory: nothing can be let go. */
  async release(_namespace: string): Promise<void> {
    this.assertOpen();
  }

  async sweep(now: number, limit: number): Promise<SweepResult> {
    this.assertOpen();
    const due = this.expiring.takeDue(now, limit);
    for (const entry of due) this.removeEntry(entry);
    return { removed: due.length, more: due.length >= limit };
  }

  health(): StoreHealth {
    return { status: 'ok' };
  }

  async close(): Promise<void> {
    this.closed = true;
    this.byName.clear();
    this.impressions.clear();
  }

  private apply(namespace: string, change: StagedChange): void {
    const { kind, key } = 'put' in change ? change.put.row : change.remove;
    const before = this.byName.get(namespace)?.get(kind, key);
    if (before) this.removeEntry(before);
    if ('put' in change) this.addEntry(change.put);
  }

  private addEntry(entry: MemoryEntry): void {
    let held = this.byName.get(entry.namespace);
    if (!held) {
      held = new MemoryNamespace();
      this.byName.set(entry.namespace, held);
    }
    held.add(entry);
    if (entry.expiresAt !== Number.POSITIVE_INFINITY) this.expiring.add(entry);
    if (entry.row.kind !== 'impression') return;
    this.impressions.add(entry);
    this.impressionBytes += entry.bytes;
  }

  private removeEntry(entry: MemoryEntry): void {
    const held = this.byName.get(entry.namespace)!;
    held.remove(entry);
    if (held.isEmpty) this.byName.delete(entry.namespace);
    this.forget(entry);
  }

  /** Takes an entry out of what spans namespaces. */
  private forget(entry: MemoryEntry): void {
    this.expiring.remove(entry);
    if (this.impressions.delete(entry)) this.impressionBytes -= entry.bytes;
  }

  private trim(namespace: string): void {
    const { bounds } = this;
    const held = this.byName.get(namespace);
    if (!bounds || !held) return;
    const most = bounds.namespaceCount ?? Number.POSITIVE_INFINITY;
    for (const entry of held.ofKind('impression')) {
      const isOver =
        held.byteCount('impression') > bounds.namespaceBytes || held.rowCount('impression') > most;
      if (!isOver) break;
      this.removeEntry(entry);
    }
    for (const entry of this.impressions) {
      if (this.impressionBytes <= bounds.totalBytes) break;
      this.removeEntry(entry);
    }
  }

  private assertOpen(): void {
    if (this.closed) throw new StorageError('closed', 'the store is closed');
  }

  private stage(namespace: string, change: Change): StagedChange {
    if (!('put' in change)) return { remove: { kind: change.remove.kind, key: change.remove.key } };
    const { kind, key, value, group, expiresAt } = change.put;
    const row = makeRow(kind, key, value, group, expiresAt);
    this.lastSequence += 1;
    return {
      put: {
        namespace,
        row,
        sequence: this.lastSequence,
        bytes: Buffer.byteLength(row.value),
        expiresAt: row.expiresAt ?? Number.POSITIVE_INFINITY,
        queued: false,
      },
    };
  }
}
