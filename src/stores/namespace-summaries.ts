/** What an engine with files for each namespace remembers of one, so that it opens only those it needs. */
export interface NamespaceSummary {
  /** Rows of all kinds. */
  readonly rows: number;
  /** UTF-8 bytes of the values of its impressions. */
  readonly impressionBytes: number;
  /** Sequence of the impression put longest ago; Infinity = there is none. */
  readonly oldestImpression: number;
  /** When the first row expires, in milliseconds since the epoch; Infinity = never. */
  readonly earliestExpiry: number;
}

/** Of a namespace that cannot be read now: nothing of it is to be trimmed or swept, and it is not empty. */
export const UNREADABLE: NamespaceSummary = {
  rows: 1,
  impressionBytes: 0,
  oldestImpression: Number.POSITIVE_INFINITY,
  earliestExpiry: Number.POSITIVE_INFINITY,
};

/** Where the oldest impression is, its sequence, and that of the oldest of any other namespace. */
export interface OldestImpression {
  readonly name: string;
  readonly sequence: number;
  readonly others: number;
}

/**
 * The namespaces that have files, with what is known of them: some hundred bytes each. A look-up is constant, the
 * questions over all (`oldest`, `due`) cost a walk over all.
 */
export class NamespaceSummaries {
  private readonly known = new Map<string, NamespaceSummary>();
  /** Those that have files and were not looked into yet. */
  private readonly unread = new Set<string>();
  private bytes = 0;

  /** Of all namespaces that were looked into. */
  get impressionBytes(): number {
    return this.bytes;
  }

  /** There are files; they have not been looked into. */
  found(name: string): void {
    if (!this.known.has(name)) this.unread.add(name);
  }

  set(name: string, summary: NamespaceSummary): void {
    this.bytes += summary.impressionBytes - (this.known.get(name)?.impressionBytes ?? 0);
    this.known.set(name, summary);
    this.unread.delete(name);
  }

  /** Its files are gone. */
  delete(name: string): void {
    this.bytes -= this.known.get(name)?.impressionBytes ?? 0;
    this.known.delete(name);
    this.unread.delete(name);
  }

  clear(): void {
    this.known.clear();
    this.unread.clear();
    this.bytes = 0;
  }

  /** Whether there are files. */
  has(name: string): boolean {
    return this.known.has(name) || this.unread.has(name);
  }

  get(name: string): NamespaceSummary | undefined {
    return this.known.get(name);
  }

  /** One that was not looked into. */
  nextUnread(): string | undefined {
    return this.unread.values().next().value;
  }

  /** Those with rows, as far as is known, sorted by code unit. */
  names(): string[] {
    const names = [...this.unread];
    for (const [name, { rows }] of this.known) if (rows > 0) names.push(name);
    return names.sort();
  }

  /** Those with rows that have expired. */
  due(now: number): string[] {
    const names: string[] = [];
    for (const [name, { earliestExpiry }] of this.known) if (earliestExpiry <= now) names.push(name);
    return names;
  }

  /**
   * The namespace with the oldest impression of all but those `except`, its sequence, and that of the oldest impression
   * of any other (Infinity = no other has one). Undefined when there are no impressions.
   */
  oldest(except?: ReadonlySet<string>): OldestImpression | undefined {
    let oldest: string | undefined;
    let first = Number.POSITIVE_INFINITY;
    let second = Number.POSITIVE_INFINITY;
    for (const [name, { oldestImpression }] of this.known) {
      if (except?.has(name)) continue;
      if (oldestImpression < first) [oldest, first, second] = [name, oldestImpression, first];
      else if (oldestImpression < second) second = oldestImpression;
    }
    return oldest === undefined ? undefined : { name: oldest, sequence: first, others: second };
  }
}
