/** What is kept by key and weight; linked by the list that keeps it. */
export interface Linked<Entry> {
  /** Small integers are found fastest. */
  readonly key: number;
  /** Above 0; changed through `reweigh` while the entry is kept. */
  weight: number;
  older: Entry | undefined;
  newer: Entry | undefined;
}

/**
 * Entries by key, least recently used first out, bounded in weight. The links are in the entries themselves: where every
 * request brings many new ones and puts as many out, that takes half the time of a cache that keeps lists beside them.
 */
export class RecentEntries<Entry extends Linked<Entry>> {
  /** Of all entries together; at most `maxWeight`. */
  weight = 0;
  private readonly entries = new Map<number, Entry>();
  private oldest: Entry | undefined;
  private newest: Entry | undefined;

  constructor(private readonly maxWeight: number) {}

  get size(): number {
    return this.entries.size;
  }

  /** The entry of a key, which is then the one used last. */
  get(key: number): Entry | undefined {
    const entry = this.entries.get(key);
    if (entry !== undefined && entry !== this.newest) {
      this.unlink(entry);
      this.link(entry);
    }
    return entry;
  }

  /** Whether this very entry is kept. */
  has(entry: Entry): boolean {
    return this.entries.get(entry.key) === entry;
  }

  /** Keeps an entry in place of the one with its key, unless it is heavier than all may be. */
  add(entry: Entry): void {
    const earlier = this.entries.get(entry.key);
    if (earlier !== undefined) this.delete(earlier);
    if (entry.weight > this.maxWeight) return;
    this.entries.set(entry.key, entry);
    this.link(entry);
    this.weight += entry.weight;
    while (this.weight > this.maxWeight) this.delete(this.oldest!);
  }

  /** Gives a kept entry another weight; it is then the one used last. */
  reweigh(entry: Entry, weight: number): void {
    this.delete(entry);
    entry.weight = weight;
    this.add(entry);
  }

  clear(): void {
    this.entries.clear();
    this.weight = 0;
    this.oldest = undefined;
    this.newest = undefined;
  }

  private delete(entry: Entry): void {
    this.entries.delete(entry.key);
    this.unlink(entry);
    this.weight -= entry.weight;
  }

  private link(entry: Entry): void {
    entry.older = this.newest;
    if (this.newest === undefined) this.oldest = entry;
    else this.newest.newer = entry;
    this.newest = entry;
  }

  private unlink(entry: Entry): void {
    const { older, newer } = entry;
    if (older === undefined) this.oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.newest = older;
    else newer.older = older;
    // Nobody who still holds it is to hold its neighbours.
    entry.older = undefined;
    entry.newer = undefined;
  }
}
