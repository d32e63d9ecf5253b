import { type Bucket, type BucketRule, levelAt } from './bucket.js';
import { DayBucket, type DayStorage } from './day-bucket.js';
import { Pool } from './pool.js';
import { WaitingLine } from './waiting-line.js';

/** Most requests that wait for one quota of one pool. */
const LINE_MAX = 1000;
/** States below which nobody looks for those at rest. */
const SWEEP_FROM = 1024;

/** Nothing was ever poured in. */
const NO_RULE: BucketRule = { perMs: 1, burst: 1 };

/** The bucket of a rate, and the line of those whom it makes wait. */
export class Meter {
  readonly line = new WaitingLine(LINE_MAX);
  /** By which it drains: as it was last used. */
  rule = NO_RULE;

  constructor(
    readonly bucket: Bucket,
    /** Where its level has to survive the process. */
    readonly day?: DayBucket,
  ) {}

  isAtRest(now: number): boolean {
    const isEmpty = this.day?.isAtRest(this.rule) ?? levelAt(this.bucket, this.rule, now) === 0;
    return isEmpty && this.line.size === 0;
  }
}

/** The meters of a level, by window. */
export type Window = 'second' | 'minute' | 'day';

/** What is going on in one pool of quotas. */
export class LevelState {
  readonly queries = new Pool(LINE_MAX);
  readonly meters = new Map<Window, Meter>();

  isAtRest(now: number): boolean {
    if (this.queries.taken > 0 || this.queries.line.size > 0) return false;
    for (const meter of this.meters.values()) if (!meter.isAtRest(now)) return false;
    return true;
  }

  /** Lets those try again who wait. */
  advance(): void {
    this.queries.line.advance();
    for (const { line } of this.meters.values()) line.advance();
  }
}

/** The states of all pools. One at rest needs none, so those are let go: they are as many as were used within a window. */
export class LevelStates {
  private readonly states = new Map<string, LevelState>();
  private sweepAt = SWEEP_FROM;

  constructor(
    private readonly clock: { now(): number },
    readonly days: DayStorage,
  ) {}

  get size(): number {
    return this.states.size;
  }

  of(levelId: string): LevelState {
    let state = this.states.get(levelId);
    if (state === undefined) {
      if (this.states.size >= this.sweepAt) this.sweep();
      state = new LevelState();
      this.states.set(levelId, state);
    }
    return state;
  }

  meter(levelId: string, window: Window): Meter {
    const { meters } = this.of(levelId);
    let meter = meters.get(window);
    if (meter === undefined) {
      const day = window === 'day' ? new DayBucket(levelId, this.days, this.clock) : undefined;
      meter = new Meter(day?.bucket ?? { level: 0, at: 0 }, day);
      meters.set(window, meter);
    }
    return meter;
  }

  /** Undefined = at rest, or never used. */
  peek(levelId: string): LevelState | undefined {
    return this.states.get(levelId);
  }

  /** Lets go of all that are at rest. */
  sweep(): void {
    const now = this.clock.now();
    for (const [id, state] of this.states) if (state.isAtRest(now)) this.states.delete(id);
    this.sweepAt = Math.max(SWEEP_FROM, 2 * this.states.size);
  }

  advance(): void {
    for (const state of this.states.values()) state.advance();
  }

  /** The pool is gone; resolves once nothing of it is being written. */
  async forget(levelId: string): Promise<void> {
    const state = this.states.get(levelId);
    this.states.delete(levelId);
    state?.advance();
    await state?.meters.get('day')?.day?.close(false);
  }

  /** Keeps what has to outlive the process. */
  async close(): Promise<void> {
    const days = [...this.states.values()].map(({ meters }) => meters.get('day')?.day);
    await Promise.all(days.map((day) => day?.close(true)));
  }
}
