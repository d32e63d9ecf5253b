/** Steps of one thousandth from −1 to 1. */
const STEP = 0.001;
const STEPS = 2 / STEP;
/** What rounding takes from a cosine that stands on a step. */
const TOLERANCE = 1e-6;

/** Counts of cosines in steps of .001: any number of them in 16 kB. */
export class CosineCounts {
  private readonly counts = new Float64Array(STEPS + 1);
  /** How many were added. */
  total = 0;

  /** Adds a cosine; what rounding carries out of [−1, 1] counts as its end. */
  add(cosine: number): void {
    const step = Math.floor((cosine + 1) / STEP + TOLERANCE / STEP);
    this.counts[Math.max(0, Math.min(STEPS, step))]++;
    this.total++;
  }

  /** Share of the cosines at or above a threshold that is a multiple of .001; NaN where there are none. */
  shareFrom(threshold: number): number {
    let above = 0;
    for (let step = Math.max(0, Math.round((threshold + 1) / STEP)); step <= STEPS; step++) {
      above += this.counts[step];
    }
    return above / this.total;
  }

  /** The largest step that at most the share `q` of the cosines lies below; NaN where there are none. */
  quantile(q: number): number {
    if (this.total === 0) return Number.NaN;
    let below = 0;
    for (let step = 0; step <= STEPS; step++) {
      below += this.counts[step];
      if (below > q * this.total) return step * STEP - 1;
    }
    return 1;
  }
}
