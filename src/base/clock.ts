/**
 * Where time comes from. Everything that needs the time takes a `Clock`, so tests decide what time it is.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch; never goes back within one process. */
  now(): number;
}

/**
 * Wall clock at the time of the call, advanced by the monotonic clock from then on: a wrong or stepping time server
 * cannot make decay or expiry jump while the process runs.
 */
export function systemClock(): Clock {
  const startedAt = Date.now();
  const origin = performance.now();
  return { now: () => startedAt + (performance.now() - origin) };
}

/** A clock that stands still until told to move; for tests and simulations. */
export class ManualClock implements Clock {
  private time: number;

  constructor(startMs = 1_700_000_000_000) {
    this.time = startMs;
  }

  now(): number {
    return this.time;
  }

  /** Moves the clock by `ms` milliseconds (negative values move it back, to test that nothing breaks). */
  advance(ms: number): void {
    this.time += ms;
  }
}
