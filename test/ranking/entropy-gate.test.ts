import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EntropyGateSettings, entropyGate, uncertaintyOf } from '../../src/ranking/entropy-gate.js';

const SETTINGS: EntropyGateSettings = {
  mode: 'auto',
  threshold: 0.45,
  minCandidates: 8,
  maxCandidates: 48,
  temperature: 1,
};
const scores = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 60 });
const temperature = fc.double({ min: 0, max: 1000, minExcluded: true, noNaN: true });

describe('uncertaintyOf', () => {
  it('is the entropy of the softmax over ln n', () => {
    // (1, 0): sd = ½, logits 0 and −2; p = 1/(1 + e⁻²); H/ln 2
    const p = 1 / (1 + Math.exp(-2));
    const entropy = -p * Math.log(p) - (1 - p) * Math.log(1 - p);
    expect(uncertaintyOf([1, 0], 1)).toBeCloseTo(entropy / Math.log(2), 12);
  });

  it('is 1 where scores say nothing', () => {
    expect(uncertaintyOf([], 1)).toBe(1);
    expect(uncertaintyOf([3], 1)).toBe(1);
    expect(uncertaintyOf([2, 2, 2], 1)).toBe(1);
  });

  it('rises with the temperature', () => {
    const list = [5, 3, 1, 0];
    expect(uncertaintyOf(list, 2)).toBeGreaterThan(uncertaintyOf(list, 1));
    expect(uncertaintyOf(list, 1)).toBeGreaterThan(uncertaintyOf(list, 0.2));
  });

  it('property 5: lies in [0, 1] for any scores and temperature', () => {
    fc.assert(
      fc.property(scores, temperature, (list, t) => {
        const value = uncertaintyOf(list, t);
        expect(value >= 0 && value <= 1).toBe(true);
      }),
    );
    expect(uncertaintyOf([1, 0], Number.MIN_VALUE)).toBe(0);
  });

  it('property 9: is the same for shifted and scaled scores', () => {
    const list = [0.9, 0.4, 0.35, 0.1];
    const moved = list.map((score) => 3 * score - 7);
    expect(uncertaintyOf(moved, 1)).toBeCloseTo(uncertaintyOf(list, 1), 12);
  });
});

describe('entropyGate', () => {
  const flat = Array.from({ length: 100 }, (_, i) => 1 - i / 1000);

  it('lets all move while it is off', () => {
    expect(entropyGate(flat, { ...SETTINGS, mode: 'off' })).toMatchObject({ applied: false, free: 100 });
  });

  it('lets all move in auto while the base scores are sure', () => {
    const sure = [100, ...new Array(99).fill(0)];
    expect(uncertaintyOf(sure, 1)).toBeLessThan(0.45);
    expect(entropyGate(sure, SETTINGS)).toMatchObject({ applied: false, free: 100 });
    expect(entropyGate(sure, { ...SETTINGS, mode: 'on' }).applied).toBe(true);
  });

  it('gives min + (max − min)/(1 + e^(−8(u − threshold))) candidates', () => {
    const { free, uncertainty, applied } = entropyGate(flat, SETTINGS);
    expect(applied).toBe(true);
    expect(free).toBe(Math.round(8 + 40 / (1 + Math.exp(-8 * (uncertainty - 0.45)))));
    // equal scores: u = 1, 8 + 40/(1 + e^−4.4) = 8 + 39.51
    expect(entropyGate(new Array(100).fill(1), SETTINGS).free).toBe(48);
    // u = threshold: halfway
    expect(entropyGate(new Array(100).fill(1), { ...SETTINGS, threshold: 1 }).free).toBe(28);
  });

  it('stays between min and max and never exceeds the list', () => {
    const mode = fc.constantFrom('auto' as const, 'on' as const);
    fc.assert(
      fc.property(scores, temperature, mode, (list, t, chosen) => {
        const { applied, free } = entropyGate(list, { ...SETTINGS, temperature: t, mode: chosen });
        expect(Number.isInteger(free)).toBe(true);
        expect(free).toBeLessThanOrEqual(list.length);
        if (!applied) expect(free).toBe(list.length);
        else {
          expect(free).toBeGreaterThanOrEqual(Math.min(8, list.length));
          expect(free).toBeLessThanOrEqual(48);
        }
      }),
    );
  });
});
