import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type SafetyInput, safetyGate } from '../../src/ranking/safety-gate.js';

function input(changes: Partial<SafetyInput> = {}): SafetyInput {
  return {
    baseOrder: [0, 1],
    proposedOrder: [1, 0],
    shown: 2,
    evidence: [
      { S: 0, W: 4 },
      { S: 4, W: 4 },
    ],
    mu: 0.5,
    beta: 4,
    feedbacks: 2,
    z: 0.5,
    ...changes,
  };
}

describe('safetyGate', () => {
  it('compares the gain in discounted clicks with its doubt', () => {
    // r = (0 + 2)/8 = .25 and (4 + 2)/8 = .75; the discounts swap: ±(1 − 1/log2 3) = ±.36907
    // gain = .36907·(.75 − .25); variance = .36907²·(.25 + .75)/8
    const change = 1 - 1 / Math.log2(3);
    const { gain, bound, open } = safetyGate(input());
    expect(gain).toBeCloseTo(change * 0.5, 12);
    expect(bound).toBeCloseTo(0.5 * Math.sqrt((change * change) / 8), 12);
    expect(open).toBe(true);
  });

  it('stays shut where the gain is within the doubt', () => {
    expect(safetyGate(input({ z: 3 })).open).toBe(false);
  });

  it('property 11: stays shut on the evidence of one feedback', () => {
    expect(safetyGate(input({ feedbacks: 1 })).open).toBe(false);
  });

  it('property 11: stays shut for z = ∞, also where nothing would change', () => {
    expect(safetyGate(input({ z: Number.POSITIVE_INFINITY })).open).toBe(false);
    expect(safetyGate(input({ z: Number.POSITIVE_INFINITY, proposedOrder: [0, 1] })).open).toBe(false);
  });

  it('ignores what happens below the results returned', () => {
    const evidence = [
      { S: 0, W: 1 },
      { S: 0, W: 4 },
      { S: 4, W: 4 },
    ];
    const below = { baseOrder: [0, 1, 2], proposedOrder: [0, 2, 1], shown: 1, evidence };
    expect(safetyGate(input(below))).toEqual({ open: true, gain: 0, bound: 0 });
  });

  it('counts a document that comes into view in full', () => {
    // shown = 1: document 1 gains discount 1, document 0 loses it
    expect(safetyGate(input({ shown: 1 })).gain).toBeCloseTo(0.5, 12);
  });

  it('property 5: gain and bound are finite for any evidence', () => {
    const known = fc.record({
      W: fc.double({ min: 0, max: 1e6, noNaN: true }),
      S: fc.double({ min: 0, max: 1e7, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(known, { minLength: 1, maxLength: 12 }), fc.nat(), (evidence, turn) => {
        const baseOrder = evidence.map((_, d) => d);
        const proposedOrder = baseOrder.map((d) => (d + turn) % evidence.length);
        const { gain, bound } = safetyGate(input({ evidence, baseOrder, proposedOrder }));
        expect(Number.isFinite(gain) && Number.isFinite(bound) && bound >= 0).toBe(true);
      }),
    );
  });
});
