import type { Clock } from '../base/clock.js';

/** Ticks of a millisecond, so that one namespace alone does not run ahead of the clock. */
const TICKS_PER_MS = 1024;

/**
 * Numbers for the order of puts that compare across files: from the clock, and always above those before. So of two rows
 * in different namespaces the one put earlier has the lower number, also after a restart.
 */
export class Sequences {
  private last = 0;

  constructor(private readonly clock: Clock) {}

  /** The first of `count` numbers in a row; for none, a number that nothing has. */
  take(count: number): number {
    const first = Math.max(this.last + 1, Math.round(this.clock.now() * TICKS_PER_MS));
    this.last = first + Math.max(0, count - 1);
    return first;
  }

  /** A number that is in use already. */
  passed(sequence: number): void {
    this.last = Math.max(this.last, sequence);
  }
}
