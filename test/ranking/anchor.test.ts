import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anchor } from '../../src/ranking/anchor.js';

describe('anchor', () => {
  it('is off at 0', () => {
    expect(anchor([2, 0, 1], [0, 1, 2], 0)).toEqual([2, 0, 1]);
  });

  it('keeps every second slot for the best base candidate not yet placed', () => {
    expect(anchor([5, 4, 3, 2, 1, 0], [0, 1, 2, 3, 4, 5], 2)).toEqual([5, 0, 4, 1, 3, 2]);
  });

  it('takes the next base candidate where one stands already', () => {
    expect(anchor([0, 3, 2, 1], [0, 1, 2, 3], 2)).toEqual([0, 1, 3, 2]);
  });

  it('is the base order where every slot is kept', () => {
    expect(anchor([2, 1, 0], [0, 1, 2], 1)).toEqual([0, 1, 2]);
  });

  it('gives a permutation that holds the base order’s first m among its first m · every', () => {
    const ids = [0, 1, 2, 3, 4, 5, 6, 7, 8];
    const permutation = fc.shuffledSubarray(ids, { minLength: ids.length });
    fc.assert(
      fc.property(permutation, fc.integer({ min: 1, max: 4 }), (proposed, every) => {
        const order = anchor(proposed, ids, every);
        expect([...order].sort()).toEqual(ids);
        for (let m = 1; m * every <= ids.length; m++)
          expect(order.slice(0, m * every)).toEqual(expect.arrayContaining(ids.slice(0, m)));
      }),
    );
  });
});
