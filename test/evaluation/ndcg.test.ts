import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mean, ndcg } from '../../src/evaluation/ndcg.js';

const ids = Array.from({ length: 30 }, (_, index) => `d${index}`);

/** Judgements of some of the documents, at least one of them relevant. */
const judgements = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...ids), fc.integer({ min: 0, max: 4 })), { selector: ([id]) => id })
  .filter((pairs) => pairs.some(([, grade]) => grade > 0))
  .map((pairs) => new Map(pairs));

const order = fc.shuffledSubarray(ids, { minLength: ids.length });

describe('ndcg', () => {
  it('is the gain over the ideal gain of all judged documents, found or not', () => {
    // DCG = 1/log2(2) + 0 + 3/log2(4) = 2.5; ideal = 3/log2(2) + 2/log2(3) + 1/log2(4) = 3 + 1.26186 + 0.5
    const graded = new Map([
      ['a', 1],
      ['c', 3],
      ['never retrieved', 2],
    ]);
    expect(ndcg(['a', 'b', 'c'], graded)).toBeCloseTo(2.5 / (3 + 2 / Math.log2(3) + 0.5), 12);
  });

  it('limits the ideal to k documents as well', () => {
    const graded = new Map([
      ['a', 1],
      ['b', 1],
      ['c', 1],
    ]);
    expect(ndcg(['a', 'x', 'b'], graded, 1)).toBe(1);
  });

  it('is 0 where nothing is relevant, and takes grades below 0 as 0', () => {
    expect(ndcg(['a'], new Map())).toBe(0);
    expect(ndcg(['a'], new Map([['a', 0]]))).toBe(0);
    expect(
      ndcg(
        ['bad', 'good'],
        new Map([
          ['bad', -2],
          ['good', 1],
        ]),
      ),
    ).toBeCloseTo(1 / Math.log2(3), 12);
  });

  it('is 1 for the ideal order', () => {
    fc.assert(
      fc.property(judgements, order, (graded, any) => {
        const grade = (id: string) => graded.get(id) ?? 0;
        const ideal = [...any].sort((left, right) => grade(right) - grade(left));
        expect(ndcg(ideal, graded)).toBeCloseTo(1, 12);
      }),
    );
  });

  it('stays within 0 and 1 for any order', () => {
    fc.assert(
      fc.property(judgements, order, fc.integer({ min: 1, max: 40 }), (graded, any, k) => {
        const value = ndcg(any, graded, k);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1 + 1e-12);
      }),
    );
  });

  it('does not see what happens below rank k', () => {
    fc.assert(
      fc.property(judgements, order, (graded, any) => {
        const otherTail = [...any.slice(0, 10), ...any.slice(10).reverse()];
        expect(ndcg(otherTail, graded, 10)).toBe(ndcg(any, graded, 10));
      }),
    );
  });

  it('falls when a relevant document swaps with a less relevant one below it', () => {
    fc.assert(
      fc.property(judgements, order, fc.nat(8), (graded, any, rank) => {
        const [upper, lower] = [graded.get(any[rank]!) ?? 0, graded.get(any[rank + 1]!) ?? 0];
        fc.pre(upper > lower);
        const swapped = any.with(rank, any[rank + 1]!).with(rank + 1, any[rank]!);
        expect(ndcg(swapped, graded)).toBeLessThan(ndcg(any, graded));
      }),
    );
  });
});

describe('mean', () => {
  it('of nothing is no number', () => {
    expect(mean([])).toBeNaN();
    expect(mean([1, 2])).toBe(1.5);
  });
});
