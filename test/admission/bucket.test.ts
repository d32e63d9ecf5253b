import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bucket, bucketRule, levelAt, pour, waitMs } from '../../src/admission/bucket.js';

/** What a bucket admits of units that arrive after so many milliseconds each, with the time of each admission. */
function admitted(
  arrivals: readonly { gap: number; units: number }[],
  limit: number,
  windowMs: number,
  burst: number,
  startedAt: number,
) {
  const rule = bucketRule(limit, windowMs, burst);
  const bucket: Bucket = { level: 0, at: 0 };
  const taken: { at: number; units: number }[] = [];
  let now = startedAt;
  for (const { gap, units } of arrivals) {
    now += gap;
    if (waitMs(bucket, rule, now, units) > 0) continue;
    pour(bucket, rule, now, units);
    taken.push({ at: now, units });
  }
  return { taken, bucket, rule, now };
}

const arrivals = fc.array(
  fc.record({
    gap: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 500, noNaN: true })),
    units: fc.integer({ min: 1, max: 5 }),
  }),
  { maxLength: 200 },
);

describe('a bucket', () => {
  it('admits at most burst + rate · w in any window of length w, on any clock', () => {
    fc.assert(
      fc.property(
        arrivals,
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.constantFrom(1000, 60_000, 86_400_000),
        fc.integer({ min: 1, max: 20 }),
        fc.constantFrom(0, 1_700_000_000_000),
        (coming, limit, windowMs, burst, startedAt) => {
          const { taken } = admitted(coming, limit, windowMs, burst, startedAt);
          for (let from = 0; from < taken.length; from++) {
            let sum = 0;
            for (let to = from; to < taken.length; to++) {
              sum += taken[to]!.units;
              const most = burst + ((taken[to]!.at - taken[from]!.at) * limit) / windowMs;
              expect(sum).toBeLessThanOrEqual(most + 1e-6);
            }
          }
        },
      ),
    );
  });

  it('admits what it said it would after the wait it named, and nothing before', () => {
    fc.assert(
      fc.property(
        arrivals,
        fc.integer({ min: 1, max: 1000 }),
        fc.integer({ min: 1, max: 20 }),
        (coming, limit, burst) => {
          const { bucket, rule, now } = admitted(coming, limit, 1000, burst, 0);
          const wait = waitMs(bucket, rule, now, 1);
          expect(waitMs(bucket, rule, now + wait + 1e-6, 1)).toBe(0);
          if (wait > 0.01) expect(waitMs(bucket, rule, now + wait * 0.99, 1)).toBeGreaterThan(0);
        },
      ),
    );
  });

  it('gives a burst at once, then one in each interval: 10 a second, 3 at once', () => {
    const rule = bucketRule(10, 1000, 3);
    const bucket: Bucket = { level: 0, at: 0 };
    for (let i = 0; i < 3; i++) {
      expect(waitMs(bucket, rule, 0, 1)).toBe(0);
      pour(bucket, rule, 0, 1);
    }
    expect(waitMs(bucket, rule, 0, 1)).toBe(100);
    expect(waitMs(bucket, rule, 100, 1)).toBe(0);
    // Full again after as long as the burst takes.
    expect(levelAt(bucket, rule, 300)).toBe(0);
  });

  it('counts a million a second beside a clock of thirteen digits', () => {
    const now = 1_700_000_000_000;
    const rule = bucketRule(1_000_000_000, 1000, 5);
    const bucket: Bucket = { level: 0, at: now };
    for (let i = 0; i < 5; i++) pour(bucket, rule, now, 1);
    expect(waitMs(bucket, rule, now, 1)).toBeGreaterThan(0);
  });

  it('never admits more than it holds, and nothing at all with a limit of 0', () => {
    expect(waitMs({ level: 0, at: 0 }, bucketRule(10, 1000), 0, 11)).toBe(Number.POSITIVE_INFINITY);
    expect(waitMs({ level: 0, at: 0 }, bucketRule(0, 1000), 0, 1)).toBe(Number.POSITIVE_INFINITY);
    expect(waitMs({ level: 0, at: 0 }, bucketRule(0.5, 1000), 0, 1)).toBe(0);
  });

  it('drains nothing while the clock goes back', () => {
    const rule = bucketRule(10, 1000, 1);
    const bucket: Bucket = { level: 0, at: 1000 };
    pour(bucket, rule, 1000, 1);
    expect(levelAt(bucket, rule, 0)).toBe(1);
    pour(bucket, rule, 0, 0);
    expect(bucket.at).toBe(1000);
  });
});
