import type { Clock } from '../base/clock.js';

/** Some thousand steps a millisecond; today's numbers stay below 2^53 for two hundred years. */
const STEPS_PER_MS = 1024;

/**
 * Numbers for puts in files that are compared by age: each is higher than all before, over all files, and close to the
 * time of the put in units of 1/1024 ms, so that the order holds between files that were never open together.
 */
export class Sequences {
  private last = 0;

  constructor(private readonly clock: Clock) {}

  next(): number {
    this.last = Math.max(this.last + 1, Math.round(this.clock.now() * STEPS_PER_MS));
    return this.last;
  }

  /** A number that was found in a file: what follows is higher, also when the clock went back since. */
  passed(sequence: number): void {
    this.last = Math.max(this.last, sequence);
  }
}
