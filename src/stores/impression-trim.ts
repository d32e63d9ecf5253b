import type { NamespaceSummaries, OldestImpression } from './namespace-summaries.js';

/** Namespaces that are tried in vain at one commit before only the one just written has to make room. */
const MAX_IN_VAIN = 4;

/**
 * Keeps the impressions of all namespaces within a bound, in bytes: the oldest of any go first. A namespace that cannot
 * be written is tried again at the next commit; failing twice in a row it is passed over for the next oldest, and where
 * several do, the namespace just written, whose files have just taken a commit, makes room alone.
 */
export class ImpressionTrim {
  /** Those that failed when they were last tried. */
  private readonly failing = new Set<string>();

  /** `trim` removes impressions of the named one up to `others`, the oldest first, while the bound is exceeded. */
  constructor(
    private readonly summaries: NamespaceSummaries,
    private readonly maxBytes: number,
    private readonly trim: (oldest: OldestImpression) => void,
  ) {}

  /** To be called after each commit to a namespace. Never throws: what is not done now is done after the next. */
  after(written: string): void {
    const { summaries, failing } = this;
    for (const name of failing) if (!summaries.has(name)) failing.delete(name);
    const inVain = new Set<string>();
    while (summaries.impressionBytes > this.maxBytes) {
      const isLast = inVain.size >= MAX_IN_VAIN;
      const oldest = isLast ? this.ownOldest(written) : summaries.oldest(inVain);
      if (!oldest) return;
      if (this.makesRoom(oldest)) {
        failing.delete(oldest.name);
        continue;
      }
      if (isLast || !failing.has(oldest.name)) {
        failing.add(oldest.name);
        return;
      }
      inVain.add(oldest.name);
    }
  }

  private makesRoom(oldest: OldestImpression): boolean {
    try {
      this.trim(oldest);
    } catch {
      // It may have been trimmed all the same.
    }
    return this.summaries.get(oldest.name)?.oldestImpression !== oldest.sequence;
  }

  private ownOldest(name: string): OldestImpression | undefined {
    const sequence = this.summaries.get(name)?.oldestImpression ?? Number.POSITIVE_INFINITY;
    return Number.isFinite(sequence) ? { name, sequence, others: Number.POSITIVE_INFINITY } : undefined;
  }
}
