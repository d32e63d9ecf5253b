import type { Clock } from '../../base/clock.js';

/** For how long a server is believed to take no more: it may have been started anew, otherwise. */
const LEARNT_MS = 3_600_000;

/** How many texts a server turned out to take at once; forgotten after an hour, so that it is tried with more again. */
export class LearntCount {
  private count = Number.POSITIVE_INFINITY;
  private forgottenAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly clock: Clock) {}

  /** Infinity where nothing is known. */
  get most(): number {
    return this.clock.now() < this.forgottenAt ? this.count : Number.POSITIVE_INFINITY;
  }

  learn(count: number): void {
    this.count = Math.min(this.most, count);
    this.forgottenAt = this.clock.now() + LEARNT_MS;
  }
}
