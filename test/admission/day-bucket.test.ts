import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Bucket, bucketRule, waitMs } from '../../src/admission/bucket.js';
import { DayBucket } from '../../src/admission/day-bucket.js';
import { ManualClock } from '../../src/base/clock.js';

const DAY_MS = 86_400_000;

/** A disk that keeps what was written, or fails, or does not answer. */
class FakeDisk {
  readonly patienceMs = 1000;
  kept: Readonly<Bucket> | undefined;
  writes = 0;
  /** Called while it writes. */
  beforeKept = (): void => undefined;
  mode: 'well' | 'failing' | 'stalled' = 'well';
  readonly unsaved: unknown[] = [];
  private readonly held: (() => void)[] = [];

  read(): Readonly<Bucket> | undefined {
    return this.kept;
  }

  async write(_id: string, state: Readonly<Bucket>): Promise<void> {
    this.writes += 1;
    if (this.mode === 'failing') throw new Error('no space left');
    if (this.mode === 'stalled') await new Promise<void>((resolve) => this.held.push(resolve));
    this.beforeKept();
    this.kept = { ...state };
  }

  release(): void {
    for (const go of this.held.splice(0)) go();
  }

  onUnsaved(_id: string, error: unknown): void {
    this.unsaved.push(error);
  }
}

const opened = (disk: FakeDisk, clock: ManualClock) => new DayBucket('acme', disk, clock);

/** As admission does it: asks, waits for the disk where it has to, takes. @returns whether it was let in */
async function enter(day: DayBucket, limit: number, now: () => number): Promise<boolean> {
  const rule = bucketRule(limit, DAY_MS);
  for (;;) {
    if (waitMs(day.bucket, rule, now(), 1) > 0) return false;
    if (day.covers(rule, 1)) break;
    await day.reserve(rule, 1);
  }
  day.take(rule, 1);
  return true;
}

describe('the count of a day', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('admits never more than promised, through any crashes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 400 }),
        fc.array(
          fc.record({
            ask: fc.integer({ min: 1, max: 60 }),
            gapMs: fc.integer({ min: 0, max: DAY_MS / 20 }),
          }),
          {
            maxLength: 12,
          },
        ),
        async (limit, runs) => {
          const disk = new FakeDisk();
          const clock = new ManualClock();
          const startedAt = clock.now();
          let admitted = 0;
          for (const { ask, gapMs } of runs) {
            // Killed: nothing is kept but what was on disk.
            const day = opened(disk, clock);
            for (let i = 0; i < ask; i++) if (await enter(day, limit, () => clock.now())) admitted += 1;
            clock.advance(gapMs);
            const most = limit + ((clock.now() - startedAt) * limit) / DAY_MS;
            expect(admitted).toBeLessThanOrEqual(most + 1e-6);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('lets in whatever fits, with a disk that takes time while the clock goes on, and never more than promised', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 999 }),
        fc.array(
          fc.record({
            share: fc.double({ min: 0, max: 1, noNaN: true }),
            gapMs: fc.integer({ min: 0, max: DAY_MS / 4 }),
            isKilled: fc.boolean(),
          }),
          { maxLength: 12 },
        ),
        async (limit, burst, diskMs, asks) => {
          const clock = new ManualClock();
          const rule = bucketRule(limit, DAY_MS, burst);
          const disk = new FakeDisk();
          disk.beforeKept = () => clock.advance(diskMs);
          const startedAt = clock.now();
          let day = opened(disk, clock);
          let admitted = 0;
          for (const { share, gapMs, isKilled } of asks) {
            if (isKilled) day = opened(disk, clock);
            const units = Math.max(1, Math.floor(share * burst));
            // What is on disk already, or is after one write: none waits for a second one.
            const fits = waitMs(day.bucket, rule, clock.now(), units) === 0;
            if (fits && !day.covers(rule, units)) await day.reserve(rule, units);
            if (fits) {
              expect(day.covers(rule, units)).toBe(true);
              day.take(rule, units);
              admitted += units;
            }
            await vi.advanceTimersByTimeAsync(0);
            clock.advance(gapMs);
            expect(admitted).toBeLessThanOrEqual(burst + ((clock.now() - startedAt) * limit) / DAY_MS + 1e-6);
          }
        },
      ),
    );
  });

  it.each([50, 100, 199, 200, 1000])('of %i does not hang for a disk of 5 ms', async (limit) => {
    const disk = new FakeDisk();
    const clock = new ManualClock();
    disk.beforeKept = () => clock.advance(5);
    const day = opened(disk, clock);
    const rule = bucketRule(limit, DAY_MS);
    await day.reserve(rule, 11);
    expect(day.covers(rule, 11)).toBe(true);
  });

  it('costs a crash some hundredths of the limit and two units at most, and an orderly end nothing', async () => {
    const disk = new FakeDisk();
    const clock = new ManualClock();
    const first = opened(disk, clock);
    for (let i = 0; i < 500; i++) expect(await enter(first, 1000, () => clock.now())).toBe(true);
    expect(disk.kept!.level).toBeGreaterThanOrEqual(500);
    expect(disk.kept!.level).toBeLessThanOrEqual(515);
    // 10 at a time, and again where 5 are left.
    expect(disk.writes).toBeLessThanOrEqual(101);
    await first.close(true);
    expect(opened(disk, clock).bucket.level).toBe(500);
  });

  it('goes on without a disk that fails, says so, and asks it again later', async () => {
    const disk = new FakeDisk();
    const clock = new ManualClock();
    const day = opened(disk, clock);
    disk.mode = 'failing';
    for (let i = 0; i < 20; i++) expect(await enter(day, 1000, () => clock.now())).toBe(true);
    expect(disk.unsaved).toEqual([new Error('no space left')]);
    expect(disk.writes).toBe(1);
    disk.mode = 'well';
    clock.advance(10_000);
    expect(await enter(day, 1000, () => clock.now())).toBe(true);
    expect(disk.kept!.level).toBeGreaterThan(20);
  });

  it('goes on without a disk that does not answer in time', async () => {
    const disk = new FakeDisk();
    const clock = new ManualClock();
    const day = opened(disk, clock);
    disk.mode = 'stalled';
    const entering = enter(day, 1000, () => clock.now());
    await vi.advanceTimersByTimeAsync(1000);
    expect(await entering).toBe(true);
    expect(disk.unsaved).toHaveLength(1);
    disk.release();
    await day.close(false);
    expect(disk.kept!.level).toBeCloseTo(11, 1);
  });

  it('does not believe a time in the future', () => {
    const disk = new FakeDisk();
    const clock = new ManualClock();
    disk.kept = { level: 7, at: clock.now() + 365 * DAY_MS };
    expect(opened(disk, clock).bucket).toEqual({ level: 7, at: clock.now() });
  });

  it('writes nothing once it is closed for good', async () => {
    const disk = new FakeDisk();
    const clock = new ManualClock();
    const day = opened(disk, clock);
    await day.close(false);
    expect(await enter(day, 10, () => clock.now())).toBe(true);
    expect(disk.writes).toBe(0);
  });
});
