import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decayFactor } from '../../src/ranking/decay.js';

const DAY_MS = 86_400_000;
const now = 1_700_000_000_000;
const span = fc.integer({ min: 0, max: 3650 * DAY_MS });

describe('decayFactor', () => {
  it('property 4: is a half after one half-life', () => {
    expect(decayFactor(now, now + 14 * DAY_MS, 14 * DAY_MS)).toBe(0.5);
  });

  it('property 4: over a then b equals over a + b', () => {
    fc.assert(
      fc.property(span, span, fc.integer({ min: 1, max: 365 * DAY_MS }), (a, b, halfLifeMs) => {
        const steps = decayFactor(now, now + a, halfLifeMs) * decayFactor(now + a, now + a + b, halfLifeMs);
        const once = decayFactor(now, now + a + b, halfLifeMs);
        expect(Math.abs(steps - once)).toBeLessThanOrEqual(1e-9);
      }),
    );
  });

  it('property 4: a clock that went back changes nothing', () => {
    expect(decayFactor(now, now - 1, DAY_MS)).toBe(1);
  });

  it('property 4: ten years, or any span at all, give a number in [0, 1]', () => {
    expect(decayFactor(now, now + 3650 * DAY_MS, 14 * DAY_MS)).toBeLessThan(1e-70);
    expect(decayFactor(0, Number.MAX_VALUE, 1)).toBe(0);
  });
});
