import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kendallZ, orderZ } from '../../src/scorers/kendall.js';

/** K by its definition, and its variance under chance over all orders of one side, by the formula with ties. */
function naiveZ(a: readonly number[], b: readonly number[]): number {
  const n = a.length;
  let k = 0;
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) k += Math.sign(a[i]! - a[j]!) * Math.sign(b[i]! - b[j]!);
  }
  const groups = (values: readonly number[]) =>
    [...new Set(values)].map((value) => values.filter((other) => other === value).length);
  const sum = (values: readonly number[], term: (t: number) => number) =>
    groups(values).reduce((total, t) => total + term(t), 0);
  const spread = (t: number) => t * (t - 1) * (2 * t + 5);
  const two = (t: number) => t * (t - 1);
  const three = (t: number) => t * (t - 1) * (t - 2);
  let variance = (spread(n) - sum(a, spread) - sum(b, spread)) / 18;
  if (n >= 2) variance += (sum(a, two) * sum(b, two)) / (2 * two(n));
  if (n >= 3) variance += (sum(a, three) * sum(b, three)) / (9 * three(n));
  return n >= 2 && variance > 1e-12 ? k / Math.sqrt(variance) : 0;
}

describe('Kendall’s z', () => {
  it('equals the sum over all pairs, with and without ties', () => {
    const pair = fc.tuple(
      fc.integer({ min: 0, max: 8 }),
      fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer()),
    );
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 150, size: 'max' }), (pairs) => {
        const [a, b] = [pairs.map(([x]) => x), pairs.map(([, y]) => y)];
        expect(kendallZ(Float64Array.from(a), Float64Array.from(b))).toBeCloseTo(naiveZ(a, b), 9);
      }),
    );
  });

  it('of an order is that of any falling row', () => {
    const value = fc.oneof(fc.integer({ min: 0, max: 8 }), fc.double({ noNaN: true }));
    fc.assert(
      fc.property(fc.array(value, { maxLength: 150, size: 'max' }), (values) => {
        const falling = Float64Array.from(values, (_, index) => -index);
        expect(orderZ(Float64Array.from(values))).toBeCloseTo(
          kendallZ(Float64Array.from(values), falling),
          9,
        );
      }),
    );
  });

  it('uses the variance that all orders of one side have', () => {
    // All 24 orders of 4 things: K is 6 − 2·(inversions); its mean square is n(n−1)(2n+5)/18 = 8.67.
    const orders = [0, 1, 2, 3].flatMap((a) =>
      [0, 1, 2, 3].flatMap((b) =>
        [0, 1, 2, 3].map((c) => [a, b, c, 6 - a - b - c]).filter((order) => new Set(order).size === 4),
      ),
    );
    expect(orders).toHaveLength(24);
    const still = Float64Array.of(0, 1, 2, 3);
    const squares = orders.map((order) => kendallZ(still, Float64Array.from(order)) ** 2);
    expect(squares.reduce((sum, square) => sum + square, 0) / 24).toBeCloseTo(1, 9);
    // The same with ties on both sides.
    const tied = Float64Array.of(0, 0, 1, 2);
    const others = orders.map(
      (order) =>
        kendallZ(
          tied,
          Float64Array.from(order, (x) => Math.min(x, 2)),
        ) ** 2,
    );
    expect(others.reduce((sum, square) => sum + square, 0) / 24).toBeCloseTo(1, 9);
  });

  it('is 0 for none, one, and where a side is all equal', () => {
    expect(kendallZ(Float64Array.of(), Float64Array.of())).toBe(0);
    expect(kendallZ(Float64Array.of(1), Float64Array.of(1))).toBe(0);
    expect(kendallZ(Float64Array.of(1, 1, 1), Float64Array.of(1, 2, 3))).toBe(0);
    expect(kendallZ(Float64Array.of(1, 2, 3), Float64Array.of(1, 1, 1))).toBe(0);
  });

  it('leaves its arguments as they are', () => {
    const [a, b] = [Float64Array.of(3, 1, 2), Float64Array.of(1, 3, 2)];
    kendallZ(a, b);
    expect([...a, ...b]).toEqual([3, 1, 2, 1, 3, 2]);
  });
});
