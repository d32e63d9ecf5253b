import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.js';
import {
  type Evidence,
  estimateBeta,
  INITIAL_BETA,
  pheromone,
  usualRate,
} from '../../src/ranking/pheromone.js';

const SETTINGS = { exposurePenalty: 0.1, unit: 0.15 };
const share = fc.double({ min: 0, max: 1, noNaN: true });
const exposure = fc.double({ min: 0, max: 80, noNaN: true });
/** Any evidence the memory can hold: 0 ≤ S ≤ W / 0.1. */
const evidence = fc.tuple(exposure, share).map(([W, of]): Evidence => ({ W, S: of * 10 * W }));
const mu = fc.double({ min: 0, max: 0.95, noNaN: true });
const beta = fc.double({ min: 1, max: 60, noNaN: true });
const settings = fc.record({
  exposurePenalty: fc.double({ min: 1e-6, max: 1, noNaN: true }),
  unit: fc.double({ min: 1e-3, max: 100, noNaN: true }),
});

describe('usualRate', () => {
  it('is a fifth before any evidence, and at most .95', () => {
    expect(usualRate(0, 0)).toBe(0.2);
    // (1 + 3) / (5 + 5)
    expect(usualRate(3, 5)).toBe(0.4);
    expect(usualRate(1000, 100)).toBe(0.95);
  });
});

describe('pheromone', () => {
  it('is the shrunken excess over the usual, in units', () => {
    // (2 − .25·4) / (4 + 4) / .15 = .125 / .15
    expect(pheromone({ S: 2, W: 4 }, 0.25, 4, SETTINGS)).toBeCloseTo(0.125 / 0.15, 12);
  });

  it('is 0 without evidence', () => {
    expect(pheromone({ S: 0, W: 0 }, 0.3, 4, SETTINGS)).toBe(0);
  });

  it('property 3: never falls as success rises', () => {
    fc.assert(
      fc.property(evidence, share, share, mu, beta, settings, ({ S, W }, first, second, m, b, rest) => {
        const [less, more] = [Math.min(first, second), Math.max(first, second)];
        const low = pheromone({ S: S + less, W }, m, b, rest);
        expect(pheromone({ S: S + more, W }, m, b, rest)).toBeGreaterThanOrEqual(low);
      }),
    );
  });

  it('property 3: never rises on a passed-over showing', () => {
    fc.assert(
      fc.property(evidence, fc.double({ min: 0.1, max: 1, noNaN: true }), mu, beta, (known, theta, m, b) => {
        const before = pheromone(known, m, b, SETTINGS);
        const after = pheromone({ S: known.S, W: known.W + theta }, m, b, SETTINGS);
        expect(after).toBeLessThanOrEqual(before + 1e-12);
      }),
    );
  });

  it('property 5: stays within −(ρ/0.1)·μ/u and 1/(θ_min·u)', () => {
    fc.assert(
      fc.property(evidence, mu, beta, settings, (known, m, b, rest) => {
        const value = pheromone(known, m, b, rest);
        const slack = 1e-9 / rest.unit;
        expect(value).toBeGreaterThanOrEqual((-(rest.exposurePenalty / 0.1) * m) / rest.unit - slack);
        expect(value).toBeLessThanOrEqual(1 / (0.1 * rest.unit) + slack);
      }),
    );
  });
});

describe('estimateBeta', () => {
  it('is 4 for no evidence, which is also where it starts', () => {
    // μ̄ = 1/4, σ² = (200 · ¼ / 4) / 200 = 1/16, β = ¼ / (1/16)
    expect(estimateBeta([])).toBe(4);
    expect(INITIAL_BETA).toBe(4);
  });

  it('follows the moments by hand', () => {
    // One cell, S = (5, 1), W = (10, 10): μ = 7/25 = .28, μW = 2.8.
    // μ̄ = (1 + 5.6)/(4 + 20) = .275; Σ((S − 2.8)² − 2.8) = 4.84 + 3.24 − 5.6 = 2.48
    // σ² = (2.48 + 200·.275/4) / (200 + 200) = 16.23/400; β = .275/σ²
    const cell = [
      { S: 5, W: 10 },
      { S: 1, W: 10 },
    ];
    expect(estimateBeta([cell])).toBeCloseTo((0.275 * 400) / 16.23, 9);
  });

  it('stays within 1 and 60 whatever the evidence', () => {
    fc.assert(
      fc.property(fc.array(fc.array(evidence, { maxLength: 20 }), { maxLength: 10 }), (cells) => {
        const value = estimateBeta(cells);
        expect(value).toBeGreaterThanOrEqual(1);
        expect(value).toBeLessThanOrEqual(60);
      }),
    );
  });

  it('property 13: clicks that tell documents apart give a small β, coin flips give 60', () => {
    const random = seededRandom(5);
    const clicked = (rate: number) => {
      let S = 0;
      for (let visit = 0; visit < 8; visit++) if (random.next() < rate) S++;
      return { S, W: 8 };
    };
    const cells = (rateOf: (document: number) => number) =>
      Array.from({ length: 100 }, () => Array.from({ length: 10 }, (_, d) => clicked(rateOf(d))));
    expect(estimateBeta(cells((d) => (d < 2 ? 0.9 : 0.1)))).toBeLessThanOrEqual(15);
    expect(estimateBeta(cells(() => 0.5))).toBeGreaterThanOrEqual(50);
  });
});
