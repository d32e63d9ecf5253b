import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LastingClock } from '../../src/base/lasting-clock.js';
import { decayFactor } from '../../src/ranking/decay.js';

const DAY_MS = 86_400_000;
const NOON = Date.UTC(2026, 0, 1, 12);

let folder: string;
let file: string;
let doubts: string[];
let failures: Error[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'neuralcache-clock-'));
  file = join(folder, 'neuralcache.clock');
  doubts = [];
  failures = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A run that starts when the machine says `wall`; `pass` lets time go by in it. */
function run(wall: number, where: string | null = file) {
  let passed = 0;
  const clock = new LastingClock({
    ...(where === null ? {} : { file: where }),
    wall: () => wall,
    monotonic: () => 5000 + passed,
    onDoubt: (_, message) => doubts.push(message),
    onSaveFailed: (error) => failures.push(error),
  });
  return {
    clock,
    pass: (ms: number) => {
      passed += ms;
    },
  };
}

describe('a lasting clock', () => {
  it('is the wall clock at the start, and monotonic time from then on', () => {
    const { clock, pass } = run(NOON);
    expect(clock.now()).toBe(NOON);
    pass(1500);
    expect(clock.now()).toBe(NOON + 1500);
    expect([clock.settledAt, doubts]).toEqual([NOON, []]);
  });

  it('believes a pause of 30 days', async () => {
    await run(NOON).clock.stop();
    const { clock } = run(NOON + 30 * DAY_MS);
    expect([clock.now(), clock.settledAt, doubts]).toEqual([NOON + 30 * DAY_MS, NOON + 30 * DAY_MS, []]);
  });

  it('counts more as 30 days, says so, and is settled a day later', async () => {
    await run(NOON).clock.stop();
    const { clock, pass } = run(NOON + 3650 * DAY_MS);
    expect(clock.now()).toBe(NOON + 30 * DAY_MS);
    expect(clock.settledAt).toBe(NOON + 31 * DAY_MS);
    expect(doubts).toEqual([expect.stringContaining('more than 30 days ahead')]);
    pass(1000);
    expect(clock.now()).toBe(NOON + 30 * DAY_MS + 1000);
  });

  it('measures the pause from the last time it kept, not from the start', async () => {
    const first = run(NOON);
    await first.clock.save();
    first.pass(10 * DAY_MS);
    await first.clock.stop();
    expect(run(NOON + 39 * DAY_MS).clock.now()).toBe(NOON + 39 * DAY_MS);
    expect(run(NOON + 41 * DAY_MS).clock.now()).toBe(NOON + 40 * DAY_MS);
  });

  it('goes by a wall clock that went back, says so, and nothing decays by it', async () => {
    await run(NOON).clock.stop();
    const { clock } = run(NOON - DAY_MS);
    expect([clock.now(), clock.settledAt]).toEqual([NOON - DAY_MS, NOON - DAY_MS]);
    expect(doubts).toEqual([expect.stringContaining('behind the last time')]);
    expect(decayFactor(NOON, clock.now(), DAY_MS)).toBe(1);
  });

  it('takes the way forward again, after it once went back by years, for no jump', async () => {
    await run(NOON).clock.stop();
    await run(0).clock.stop();
    expect(run(NOON + DAY_MS).clock.now()).toBe(NOON + DAY_MS);
  });

  it('begins without a file, and keeps nothing where it has none', async () => {
    const { clock } = run(NOON, null);
    clock.start();
    await clock.stop();
    expect([readdirSync(folder), doubts, failures]).toEqual([[], [], []]);
  });

  it.each([
    '',
    '{"format":1',
    '{"format":1,"time":"soon"}',
    '{"format":1,"time":1e300}',
    '[]',
    'null',
    '\0\0',
  ])(
    'goes by the wall clock where the file is damaged (%j), settles a day later, and sets it aside',
    async (text) => {
      writeFileSync(file, text);
      const { clock } = run(NOON);
      expect([clock.now(), clock.settledAt]).toEqual([NOON, NOON + DAY_MS]);
      expect(doubts).toEqual([expect.stringContaining('damaged')]);
      expect(readFileSync(file, 'utf8')).toBe(text); // not ours to move before `start`
      await clock.stop();
      expect(readFileSync(`${file}.damaged-${NOON}`, 'utf8')).toBe(text);
      expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ format: 1, time: NOON });
    },
  );

  it('leaves nothing beside its file, and reports a disk that fails without failing itself', async () => {
    const { clock } = run(NOON);
    await clock.save();
    expect(readdirSync(folder)).toEqual(['neuralcache.clock']);
    rmSync(folder, { recursive: true });
    await clock.save();
    expect(failures).toHaveLength(1);
    mkdirSync(folder);
    await clock.stop();
    expect([existsSync(file), failures.length]).toEqual([true, 1]);
  });

  it('keeps the time when it starts, once a minute, and no more after the end', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const { clock } = run(NOON);
      const save = vi.spyOn(clock, 'save');
      clock.start();
      expect(save).toHaveBeenCalledTimes(1);
      vi.advanceTimersByTime(59_999);
      expect(save).toHaveBeenCalledTimes(1);
      vi.advanceTimersByTime(60_001);
      expect(save).toHaveBeenCalledTimes(3);
      await clock.stop();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('never goes back within a run, and whatever the walls said, no run ages anything by more than 30 days', async () => {
    const walls = fc.array(fc.integer({ min: -10_000, max: 10_000 }), { minLength: 2, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(walls, fc.nat(5 * DAY_MS), async (days, uptime) => {
        rmSync(file, { force: true });
        let latest: number | undefined;
        for (const day of days) {
          const { clock, pass } = run(NOON + day * DAY_MS);
          const start = clock.now();
          if (latest !== undefined) expect(start).toBeLessThanOrEqual(latest + 30 * DAY_MS);
          pass(uptime);
          expect(clock.now()).toBeGreaterThanOrEqual(start);
          const factor = decayFactor(NOON, clock.now(), DAY_MS);
          expect(factor >= 0 && factor <= 1).toBe(true);
          latest = Math.max(latest ?? Number.NEGATIVE_INFINITY, clock.now());
          await clock.stop();
        }
      }),
      { numRuns: 25 },
    );
  });
});
