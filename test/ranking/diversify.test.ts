import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diversify } from '../../src/ranking/diversify.js';

const relevance = [1, 0.9, 0.8, 0.7];
const strangers = () => 0.84;

describe('diversify', () => {
  it('is off at λ = 1, whatever the similarities', () => {
    expect(diversify([3, 1, 0, 2], relevance, 1, () => 1)).toEqual([3, 1, 0, 2]);
  });

  it('keeps a list without near-copies as it is, at any λ', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.shuffledSubarray([0, 1, 2, 3]),
        (lambda, shown) => {
          expect(diversify(shown, relevance, lambda, strangers)).toEqual(shown);
        },
      ),
    );
  });

  it('sinks a near-copy of what stands above it', () => {
    // 0 and 1 are copies: 1 loses .5 · 1, so .45 − .5 < .35
    const copies = (a: number, b: number) => (a + b === 1 ? 1 : 0);
    expect(diversify([0, 1, 2, 3], relevance, 0.5, copies)).toEqual([0, 2, 3, 1]);
  });

  it('sinks the less the less alike they are', () => {
    // similarity .88: penalty .2 of .5 = .1, so .45 − .1 = .35 < .4 (document 2), = .35 (document 3, which came later)
    const alike = (a: number, b: number) => (a + b === 1 ? 0.88 : 0);
    expect(diversify([0, 1, 2, 3], relevance, 0.5, alike)[1]).toBe(2);
  });

  it('asks for similarities by position, with values by document', () => {
    const values = new Array(10).fill(0);
    values[7] = 1;
    values[9] = 0.9;
    values[4] = 0.8;
    const copies = (a: number, b: number) => (a === 0 && b === 1 ? 1 : 0);
    expect(diversify([7, 9, 4], values, 0.5, copies)).toEqual([7, 4, 9]);
  });

  it('gives a permutation in which only near-copies lose ground', () => {
    const similarities = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), {
      minLength: 36,
      maxLength: 36,
    });
    const lambda = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(similarities, lambda, (table, l) => {
        const alike = (a: number, b: number) => table[Math.min(a, b) * 6 + Math.max(a, b)];
        const shown = [0, 1, 2, 3, 4, 5];
        const order = diversify(shown, [6, 5, 4, 3, 2, 1], l, alike);
        expect([...order].sort()).toEqual(shown);
        const unique = shown.filter((a) => shown.every((b) => a === b || alike(a, b) < 0.85));
        expect(order.filter((d) => unique.includes(d))).toEqual(unique);
      }),
    );
  });
});
