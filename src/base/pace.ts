import { setImmediate as nextTurn } from 'node:timers/promises';

export interface PaceOptions {
  /** Longest stretch of work without a pause, in milliseconds; default 5, half of what the service promises. */
  readonly sliceMs?: number;
  /** Milliseconds that never go back; default `performance.now`. */
  readonly now?: () => number;
  /** Lets the event loop turn once; default `setImmediate`. */
  readonly pause?: () => Promise<unknown>;
}

/** Opens a pace for one piece of long work. */
export type StartPace = () => Pace;

/** Keeps long work on the event loop's thread from holding it: ask `due` between steps, and await `rest` when it says so. */
export class Pace {
  private readonly sliceMs: number;
  private readonly now: () => number;
  private readonly pause: () => Promise<unknown>;
  private since: number;

  constructor({ sliceMs = 5, now = () => performance.now(), pause = () => nextTurn() }: PaceOptions = {}) {
    this.sliceMs = sliceMs;
    this.now = now;
    this.pause = pause;
    this.since = now();
  }

  /** Whether the slice is used up. About 50 ns. */
  due(): boolean {
    return this.now() - this.since >= this.sliceMs;
  }

  /** Lets other work run, then starts a new slice. */
  async rest(): Promise<void> {
    await this.pause();
    this.since = this.now();
  }
}
