/**
 * The generic cell rate algorithm in its form as a leaky bucket that is measured (ITU-T I.371, annex A): what was admitted
 * is poured in and drains at the rate. In any window of length `w` at most `burst + rate · w` units are admitted, however
 * they come. Not kept as a theoretical arrival time: beside a clock of 1.7e12 ms a time step of a fast rate is lost in
 * rounding, a level is not.
 */
export interface BucketRule {
  /** Units that drain in a millisecond, ≥ 0. */
  readonly perMs: number;
  /** Most units it holds: what may come at once. */
  readonly burst: number;
}

/** Plain data, so that it can be kept; changed by `pour` alone. */
export interface Bucket {
  /** Units in it at the time `at`, ≥ 0. */
  level: number;
  /** Clock time in milliseconds. */
  at: number;
}

/** What rounding may let in beyond the burst, in units. */
const TOLERANCE = 1e-9;

/** `limit` units a window. A limit below 1 still admits one unit at a time; one of 0 nothing. */
export function bucketRule(limit: number, windowMs: number, burst: number = limit): BucketRule {
  return { perMs: limit / windowMs, burst: limit > 0 ? Math.max(1, burst) : 0 };
}

/** Units in it at `now`. A clock that went back drains nothing. */
export function levelAt({ level, at }: Bucket, { perMs }: BucketRule, now: number): number {
  return now > at ? Math.max(0, level - (now - at) * perMs) : level;
}

/** Milliseconds until so many units fit: 0 = now, infinite = never. */
export function waitMs(bucket: Bucket, rule: BucketRule, now: number, units: number): number {
  const surplus = levelAt(bucket, rule, now) + units - rule.burst;
  if (surplus <= TOLERANCE) return 0;
  return units > rule.burst + TOLERANCE ? Number.POSITIVE_INFINITY : surplus / rule.perMs;
}

/** Pours units in; what does not fit is let go, so nobody pays later for what was only warned of. */
export function pour(bucket: Bucket, rule: BucketRule, now: number, units: number): void {
  bucket.level = Math.min(levelAt(bucket, rule, now) + units, rule.burst);
  bucket.at = Math.max(bucket.at, now);
}
