import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.js';
import { componentTrust, MINIMAL_PAIRS, wilsonLowerBound } from '../../src/ranking/trust.js';

describe('wilsonLowerBound', () => {
  it('gives values worked out by hand', () => {
    // p = ½, n = 4, z = 2: (.5 + 4/8 − 2·sqrt((.25 + 4/16)/4)) / (1 + 4/4) = (1 − 2·sqrt(.125)) / 2
    expect(wilsonLowerBound(2, 4, 2)).toBeCloseTo((1 - 2 * Math.sqrt(0.125)) / 2, 12);
    // p = 1, n = 12, z = 2: (1 + 4/24 − 2·sqrt((0 + 4/48)/12)) / (1 + 4/12) = 1 / (4/3)
    expect(wilsonLowerBound(12, 12, 2)).toBeCloseTo(0.75, 12);
    // p = 0: never below 0
    expect(wilsonLowerBound(0, 12, 2)).toBeCloseTo(0, 12);
    expect(wilsonLowerBound(0, 0, 2)).toBe(0);
  });

  it('lies between 0 and the share, and rises with more of the same', () => {
    fc.assert(
      fc.property(fc.nat(100), fc.nat(100), (right, wrong) => {
        const n = right + wrong;
        fc.pre(n > 0 && right > 0);
        const bound = wilsonLowerBound(right, n, 3.5);
        expect(bound).toBeGreaterThanOrEqual(-1e-12);
        expect(bound).toBeLessThanOrEqual(right / n + 1e-12);
        expect(wilsonLowerBound(2 * right, 2 * n, 3.5)).toBeGreaterThan(bound);
      }),
    );
  });
});

describe('componentTrust', () => {
  it('is 0 below 200 pairs, even if all were right', () => {
    expect(MINIMAL_PAIRS).toBe(200);
    expect(componentTrust(199, 199)).toBe(0);
    // 2·L − 1 with L = 1/(1 + 12.25/200)
    expect(componentTrust(200, 200)).toBeCloseTo(2 / 1.06125 - 1, 12);
  });

  it('is 0 for half right, and rises with the share', () => {
    expect(componentTrust(250, 500)).toBe(0);
    expect(componentTrust(400, 500)).toBeGreaterThan(componentTrust(350, 500));
    expect(componentTrust(350, 500)).toBeGreaterThan(0);
  });

  it('property 19: a coin keeps it at .05 or less throughout ten thousand pairs', () => {
    const random = seededRandom(3);
    const window: number[] = [];
    let highest = 0;
    for (let pair = 0; pair < 10_000; pair++) {
      window.push(random.next() < 0.5 ? 1 : 0);
      if (window.length > 500) window.shift();
      const right = window.reduce((sum, outcome) => sum + outcome, 0);
      highest = Math.max(highest, componentTrust(right, window.length));
    }
    expect(highest).toBeLessThanOrEqual(0.05);
  });
});
