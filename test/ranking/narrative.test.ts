import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blend, combineNarratives, meanOf, narrative } from '../../src/ranking/narrative.js';

describe('blend', () => {
  it('mixes the old mean and the step into a new vector', () => {
    const mean = Float32Array.of(1, 0);
    expect([...blend(mean, Float32Array.of(0, 1), 0.25)]).toEqual([0.75, 0.25]);
    expect([...mean]).toEqual([1, 0]);
  });

  it('starts from zero', () => {
    expect([...blend(null, Float32Array.of(2, 4), 0.5)]).toEqual([1, 2]);
  });
});

describe('meanOf', () => {
  it('is the mean, and null for none', () => {
    expect([...(meanOf([Float32Array.of(1, 0), Float32Array.of(0, 1)]) ?? [])]).toEqual([0.5, 0.5]);
    expect(meanOf([])).toBeNull();
  });
});

describe('combineNarratives', () => {
  it('weighs by mass', () => {
    const combined = combineNarratives([
      { vector: Float32Array.of(1, 0), mass: 3 },
      { vector: Float32Array.of(0, 1), mass: 1 },
    ]);
    expect(combined?.mass).toBe(4);
    expect([...(combined?.vector ?? [])]).toEqual([0.75, 0.25]);
  });

  it('is null for none, and where the mean is zero', () => {
    expect(combineNarratives([])).toBeNull();
    expect(combineNarratives([{ vector: new Float32Array(2), mass: 5 }])).toBeNull();
    const opposite = [Float32Array.of(1, 0), Float32Array.of(-1, 0)].map((vector) => ({ vector, mass: 1 }));
    expect(combineNarratives(opposite)).toBeNull();
  });
});

describe('narrative', () => {
  it('follows n/(n+2) · β/(β+W) · min(1, 20/β) · (m − b)', () => {
    // 2/4 · 4/8 · 1 · (1 − .2)
    expect(narrative(2, 4, 4, 1, 0.2)).toBeCloseTo(0.2, 12);
    // 1/3 · 40/40 · 20/40 · (0 − .6)
    expect(narrative(1, 40, 0, 0, 0.6)).toBeCloseTo(-0.1, 12);
  });

  it('property 5: is at most 1 either way', () => {
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    const mass = fc.double({ min: 0, max: 1e6, noNaN: true });
    const beta = fc.double({ min: 1, max: 60, noNaN: true });
    fc.assert(
      fc.property(mass, beta, mass, unit, unit, (n, b, W, m, base) => {
        expect(Math.abs(narrative(n, b, W, m, base))).toBeLessThanOrEqual(1);
      }),
    );
  });
});
