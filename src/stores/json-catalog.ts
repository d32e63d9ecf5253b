import type { Summary } from './json-format.js';

/**
 * What is known of every namespace on the disk without having it open, and the totals over them: which has the oldest
 * impression, which a row that expired. A namespace may be known by name alone until it is looked into. Finding costs
 * the number of namespaces: a tenth of a millisecond for 10 000.
 */
export class JsonCatalog {
  private readonly known = new Map<string, Summary>();
  private readonly unknown = new Set<string>();
  private bytes = 0;

  /** Bytes of impressions of all namespaces that are known. */
  get impressionBytes(): number {
    return this.bytes;
  }

  /** Any namespace that is known by name alone. */
  get nextUnknown(): string | undefined {
    return this.unknown.values().next().value;
  }

  names(): Iterable<string> {
    return this.known.keys();
  }

  summaryOf(namespace: string): Summary | undefined {
    return this.known.get(namespace);
  }

  addName(namespace: string): void {
    if (!this.known.has(namespace)) this.unknown.add(namespace);
  }

  set(namespace: string, summary: Summary): void {
    this.bytes += summary.impressionBytes - (this.known.get(namespace)?.impressionBytes ?? 0);
    this.unknown.delete(namespace);
    this.known.set(namespace, summary);
  }

  remove(namespace: string): void {
    this.bytes -= this.known.get(namespace)?.impressionBytes ?? 0;
    this.unknown.delete(namespace);
    this.known.delete(namespace);
  }

  clear(): void {
    this.known.clear();
    this.unknown.clear();
    this.bytes = 0;
  }

  /** Who has the oldest impression of all, and the sequence of the oldest one of any other. */
  oldest(): { namespace: string; next: number } | undefined {
    let namespace: string | undefined;
    let first = Number.POSITIVE_INFINITY;
    let next = Number.POSITIVE_INFINITY;
    for (const [name, { oldestImpression }] of this.known) {
      if (oldestImpression >= next) continue;
      if (oldestImpression >= first) next = oldestImpression;
      else {
        next = first;
        first = oldestImpression;
        namespace = name;
      }
    }
    return namespace === undefined ? undefined : { namespace, next };
  }

  /** A namespace with a row that expired by `now`. */
  due(now: number, except: ReadonlySet<string>): string | undefined {
    for (const [name, { earliestExpiry }] of this.known)
      if (earliestExpiry <= now && !except.has(name)) return name;
    return undefined;
  }
}
