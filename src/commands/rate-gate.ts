/** Spaces starts evenly: at most so many a second, however many ask. */
export class RateGate {
  private nextAt = Number.NEGATIVE_INFINITY;

  /** `perSecond`: `Infinity` for no bound. */
  constructor(private readonly perSecond: number) {}

  /** Takes the next turn; answers how long from `nowMs` it is away, in milliseconds. */
  take(nowMs: number): number {
    const turnAt = Math.max(this.nextAt, nowMs);
    this.nextAt = turnAt + 1000 / this.perSecond;
    return turnAt - nowMs;
  }
}
