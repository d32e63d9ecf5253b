import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { neighbourWeight } from '../../src/ranking/neighbour.js';

const tau = fc.double({ min: -1, max: 1, noNaN: true });
const similarity = fc.double({ min: -1, max: 1.0001, noNaN: true });
const trust = fc.double({ min: 0, max: 1, noNaN: true });

describe('neighbourWeight', () => {
  it('property 12: is 0 below τ', () => {
    fc.assert(
      fc.property(similarity, tau, trust, (s, t, trusted) => {
        fc.pre(s < t);
        expect(neighbourWeight(s, t, trusted)).toBe(0);
      }),
    );
    expect(neighbourWeight(Number.NaN, 0.8, 1)).toBe(0);
  });

  it('property 12: never falls as the similarity rises, and is at most 1', () => {
    fc.assert(
      fc.property(similarity, similarity, tau, trust, (first, second, t, trusted) => {
        const [less, more] = [Math.min(first, second), Math.max(first, second)];
        const weight = neighbourWeight(more, t, trusted);
        expect(weight).toBeGreaterThanOrEqual(neighbourWeight(less, t, trusted));
        expect(weight).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('is the root of the share above τ, times the trust', () => {
    // sqrt((.85 − .8) / .2) · 2/3 = ½ · 2/3
    expect(neighbourWeight(0.85, 0.8, 2 / 3)).toBeCloseTo(1 / 3, 12);
    expect(neighbourWeight(1, 1, 0.5)).toBe(0.5);
  });
});
