import { AppError } from '../base/errors.js';
import type { QuotaLevel } from '../catalog/effective.js';
import type { QuotaName, QuotaSpec } from '../catalog/quota.js';
import { type BucketRule, bucketRule, levelAt, pour, waitMs } from './bucket.js';
import type { LevelStates, Meter, Window } from './level-states.js';
import type { Measured } from './measured.js';
import type { Pool } from './pool.js';
import { ratePolicy, type ShownRate } from './rate-limit-headers.js';
import { OverQuota, overRate } from './refusals.js';
import type { Waiter, WaitingLine } from './waiting-line.js';

/** What a request waits for: its rate, a place among concurrent queries, or the count of the day to be on disk. */
export type WaitReason = 'rate' | 'concurrency' | 'usage';

/** What stands in a request's way. */
export interface Obstacle {
  readonly reason: WaitReason;
  /** Where to wait for it to go; absent = no use, it is refused. */
  readonly line?: WaitingLine | undefined;
  /** Milliseconds until it may be gone; absent = when somebody leaves, or `ready`. */
  readonly waitMs?: number | undefined;
  /** Resolves within a bounded time, whatever happens; the line has advanced by then. */
  readonly ready?: Promise<void> | undefined;
  /** Waited for too long: from now on it stands in nobody's way. */
  giveUp?(): void;
  refusal(): AppError;
}

type Limited = QuotaSpec & { readonly limit: number };

const WINDOWS = {
  max_requests_per_second: { window: 'second', ms: 1000, noun: 'requests/second' },
  max_queries_per_minute: { window: 'minute', ms: 60_000, noun: 'queries/minute' },
  max_queries_per_day: { window: 'day', ms: 86_400_000, noun: 'queries/day' },
} as const satisfies Partial<Record<QuotaName, { window: Window; ms: number; noun: string }>>;

export type RateQuota = keyof typeof WINDOWS;
export const RATE_QUOTAS = Object.keys(WINDOWS) as RateQuota[];

/** A rate of one pool, as requests draw on it. */
export class RateDraw implements Measured {
  readonly levelId: string;
  readonly rule: BucketRule;
  readonly limit: number;
  readonly threshold: number;
  private readonly spec: Limited;
  private readonly about: (typeof WINDOWS)[RateQuota];
  private readonly policy: string;

  constructor(
    private readonly levels: LevelStates,
    level: QuotaLevel,
    readonly quota: RateQuota,
  ) {
    this.levelId = level.id;
    this.spec = level.quotas.get(quota)!;
    this.about = WINDOWS[quota];
    this.rule = bucketRule(this.spec.limit, this.about.ms, this.spec.burst);
    this.policy = ratePolicy(this.about.window, this.spec.limit, this.about.ms / 1000);
    this.limit = this.rule.burst;
    this.threshold = this.spec.warning_threshold;
  }

  /** What keeps so many units from being taken now by one who waits here, or does not yet. */
  obstacle(asker: Waiter, now: number, units: number): Obstacle | undefined {
    const { action } = this.spec;
    if (action === 'alert') return undefined;
    const meter = this.meter;
    const { bucket, day, line } = meter;
    const wait = waitMs(bucket, this.rule, now, units);
    const isBehind = line.isBehind(asker);
    if (wait > 0 || (isBehind && day === undefined)) {
      const refusal = () =>
        overRate(this.quota, { limit: this.spec.limit, noun: this.about.noun }, wait, this.levelId);
      return { reason: 'rate', line: action === 'throttle' ? line : undefined, waitMs: wait, refusal };
    }
    if (day === undefined || (!isBehind && day.covers(this.rule, units))) return undefined;
    return {
      reason: 'usage',
      line,
      // At once for all who wait: nobody waits for a disk that writes for one after the other.
      ready: day.reserve(this.rule, units + line.size).then(() => line.advance()),
      giveUp() {
        day.giveUp();
        line.advance();
      },
      refusal: () =>
        new AppError('UNAVAILABLE', 'Too many requests wait for the count of the day; try again'),
    };
  }

  /** Whether so many units may never come at once. */
  neverFits(units: number): boolean {
    return this.spec.action !== 'alert' && units > this.rule.burst;
  }

  take(now: number, units: number): void {
    const { bucket, day, line } = this.meter;
    if (day !== undefined) day.take(this.rule, units, line.size);
    else pour(bucket, this.rule, now, units);
  }

  shown(now: number): ShownRate {
    const level = this.used(now);
    const remaining = Math.max(0, this.rule.burst - level);
    const resetS = level / this.rule.perMs / 1000;
    return { policy: this.policy, name: this.about.window, remaining, resetS };
  }

  private get meter(): Meter {
    const meter = this.levels.meter(this.levelId, this.about.window);
    meter.rule = this.rule;
    return meter;
  }

  used(now: number): number {
    const { window } = this.about;
    const meter = this.levels.peek(this.levelId)?.meters.get(window);
    const bucket = meter?.bucket ?? (window === 'day' ? this.levels.days.read(this.levelId) : undefined);
    return bucket === undefined ? 0 : levelAt(bucket, this.rule, now);
  }
}

/** The concurrent queries of one pool. */
export class PoolDraw implements Measured {
  readonly levelId: string;
  readonly quota = 'max_concurrent_queries';
  readonly limit: number;
  readonly threshold: number;
  private readonly spec: Limited;

  constructor(
    private readonly levels: LevelStates,
    level: QuotaLevel,
  ) {
    this.levelId = level.id;
    this.spec = level.quotas.get(this.quota)!;
    this.limit = this.spec.limit;
    this.threshold = this.spec.warning_threshold;
  }

  obstacle(asker: Waiter): Obstacle | undefined {
    const { limit } = this;
    if (this.spec.action === 'alert') return undefined;
    const { taken, line } = this.levels.of(this.levelId).queries;
    if (taken < limit && !line.isBehind(asker)) return undefined;
    const message = `Concurrent query limit exceeded: ${taken} / ${limit}`;
    const refusal = () =>
      new OverQuota('QUOTA_EXCEEDED', message, this.quota, { levelId: this.levelId, waitMs: 1000 });
    // Of none nothing ever comes free.
    return { reason: 'concurrency', line: limit > 0 ? line : undefined, refusal };
  }

  /** What to give back. */
  take(): Pool {
    const pool = this.levels.of(this.levelId).queries;
    pool.take();
    return pool;
  }

  used(): number {
    return this.levels.peek(this.levelId)?.queries.taken ?? 0;
  }
}
