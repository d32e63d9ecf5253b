import { LRUCache } from 'lru-cache';
import { type CounterRecord, META_COUNTERS, parseRecord, readCounters } from '../namespaces/records.js';
import type { StoreUsage } from '../stores/store.js';
import type { ManagementOptions } from './management-options.js';
import { asked } from './store-trouble.js';

/** What one namespace holds and has counted. */
export interface NamespaceNumbers {
  readonly cells: number;
  readonly documents: number;
  readonly impressions: number;
  /** UTF-8 bytes of all that is stored of it. */
  readonly storageBytes: number;
  /** With what is not written yet; null = it was never used, or its record cannot be read. */
  readonly counters: Readonly<CounterRecord> | null;
}

interface Stored {
  readonly usage: StoreUsage;
  readonly counters: CounterRecord | null;
  readonly at: number;
}

/** How long numbers of the store are good for, of namespaces that are in memory, and of others, which change little. */
const OPEN_AGE_MS = 1000;
const AWAY_AGE_MS = 60_000;
/** Namespaces whose numbers are remembered; one takes some 400 bytes. */
const MAX_REMEMBERED = 16_384;

/** The numbers of namespaces, from memory where they are open, else from the store. All reject with `AppError` 503. */
export class Numbers {
  private readonly remembered = new LRUCache<string, Stored>({ max: MAX_REMEMBERED });
  /** Goes up with every namespace that is forgotten. */
  private edition = 0;

  constructor(private readonly options: Pick<ManagementOptions, 'store' | 'residents' | 'clock'>) {}

  /** As they are now. Costs two questions to the store. */
  async of(name: string): Promise<NamespaceNumbers> {
    return this.merge(name, await this.read(name));
  }

  /** As they were up to a minute ago (of an open namespace: a second, what is stored of it). */
  async recent(name: string): Promise<NamespaceNumbers> {
    const known = this.remembered.get(name);
    const age = this.options.residents.peek(name) === undefined ? AWAY_AGE_MS : OPEN_AGE_MS;
    const isGood = known !== undefined && this.options.clock.now() - known.at < age;
    return this.merge(name, isGood ? known : await this.read(name));
  }

  /** When it was last used, in milliseconds since the epoch, as `recent`; null = never, or the store does not say now. */
  async lastUsedAt(name: string): Promise<number | null> {
    const open = this.options.residents.peek(name);
    if (open?.ready) return open.figures.counters.last_used_at;
    // A namespace can be shown while its store cannot be read: then this alone is missing.
    return this.recent(name).then(
      ({ counters }) => counters?.last_used_at ?? null,
      () => null,
    );
  }

  forget(name: string): void {
    this.remembered.delete(name);
    this.edition++;
  }

  private async read(name: string): Promise<Stored> {
    const { store, clock } = this.options;
    const { edition } = this;
    const at = clock.now();
    const [usage, row] = await asked(
      Promise.all([store.usage(name), store.get(name, 'meta', META_COUNTERS)]),
    );
    // A damaged record is told of when its namespace is opened.
    const counters = row === undefined || parseRecord(row.value) === undefined ? null : readCounters(row);
    const stored = { usage, counters, at };
    // What was read before a namespace was purged is not to be remembered of one that has its name later.
    if (this.edition === edition) this.remembered.set(name, stored);
    return stored;
  }

  private merge(name: string, { usage, counters }: Stored): NamespaceNumbers {
    const { rows } = usage;
    const storageBytes = Object.values(usage.bytes).reduce((sum, bytes) => sum + bytes, 0);
    const open = this.options.residents.peek(name);
    if (!open?.ready)
      return {
        cells: rows.cell,
        documents: rows.document,
        impressions: rows.impression,
        storageBytes,
        counters,
      };
    const { cells, documents, unwrittenImpressions, counters: live } = open.figures;
    return {
      cells,
      documents,
      impressions: rows.impression + unwrittenImpressions,
      storageBytes,
      counters: live,
    };
  }
}
