import type { Clock } from '../base/clock.js';

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 2_000;

/** How long to leave a failing disk alone: 100 ms after the first failure, doubling up to 2 s. */
export class RetryPause {
  private failures = 0;
  private retryAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly clock: Clock) {}

  get isOver(): boolean {
    return this.clock.now() >= this.retryAt;
  }

  failed(): void {
    this.retryAt = this.clock.now() + Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.failures);
    this.failures += 1;
  }

  succeeded(): void {
    this.failures = 0;
    this.retryAt = Number.NEGATIVE_INFINITY;
  }
}
