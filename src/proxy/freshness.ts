/** How long scores are good for, in milliseconds from when they were given; `Infinity` for those that never change. */
export interface FreshnessOptions {
  /** They are answers. */
  readonly ttlMs: number;
  /** From then on: they are answers while new ones are fetched behind them (RFC 5861, stale-while-revalidate). */
  readonly staleMs: number;
  /** From then on: they are answers where the model gives none (RFC 5861, stale-if-error). */
  readonly staleIfErrorMs: number;
}

/** Share of its life from which a score may be fetched anew before its time. */
const EARLY_FROM = 0.9;

/** What an age means. Ages are milliseconds, 0 where the clock says less; `Infinity` is the age of what is not known. */
export class Freshness {
  /** Age from which a score is good for nothing. */
  readonly keptMs: number;

  constructor(private readonly options: FreshnessOptions) {
    this.keptMs = options.ttlMs + Math.max(options.staleMs, options.staleIfErrorMs);
  }

  isFresh(ageMs: number): boolean {
    return ageMs < this.options.ttlMs;
  }

  /** Whether it may be answered before anybody is asked. */
  isServable(ageMs: number): boolean {
    return ageMs < this.options.ttlMs + this.options.staleMs;
  }

  /** Whether it may be answered where the model failed. */
  isSpare(ageMs: number): boolean {
    return ageMs < this.keptMs;
  }

  /** Whether it is fresh, but near its end. */
  isEnding(ageMs: number): boolean {
    return this.isFresh(ageMs) && ageMs >= EARLY_FROM * this.options.ttlMs;
  }

  /**
   * Chance, in [0, 1], that an answer of this age should fetch it anew: rises over the last tenth of its life, so that
   * what was stored together does not expire together. 1 for what is stale.
   */
  refreshChance(ageMs: number): number {
    const { ttlMs } = this.options;
    if (!this.isFresh(ageMs)) return 1;
    return this.isEnding(ageMs) ? (ageMs / ttlMs - EARLY_FROM) / (1 - EARLY_FROM) : 0;
  }
}
