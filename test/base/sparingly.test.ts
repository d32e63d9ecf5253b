import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/base/clock.js';
import { Sparingly } from '../../src/base/sparingly.js';

describe('messages told sparingly', () => {
  it('come once per kind and interval, with the number held back', () => {
    const clock = new ManualClock();
    const sparingly = new Sparingly(clock, 1000);
    expect([sparingly.turn('full'), sparingly.turn('full'), sparingly.turn('full')]).toEqual([
      0,
      undefined,
      undefined,
    ]);
    expect(sparingly.turn('read-only')).toBe(0);
    clock.advance(999);
    expect(sparingly.turn('full')).toBeUndefined();
    clock.advance(1);
    expect([sparingly.turn('full'), sparingly.turn('read-only')]).toEqual([3, 0]);
  });

  it('remember a bounded number of kinds', () => {
    const sparingly = new Sparingly(new ManualClock(), 1000);
    for (let kind = 0; kind < 1000; kind++) sparingly.turn(String(kind));
    expect([sparingly.turn('one more'), sparingly.turn('and another')]).toEqual([0, 0]);
    // Those of late are held back, the oldest are forgotten.
    expect([sparingly.turn('one more'), sparingly.turn('999'), sparingly.turn('0')]).toEqual([
      undefined,
      undefined,
      0,
    ]);
  });
});
