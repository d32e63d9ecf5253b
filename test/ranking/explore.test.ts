import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.js';
import { swapNeighbours } from '../../src/ranking/explore.js';

const always = { next: () => 0 };
const equal = new Float64Array(20);
const unseen = () => 0;

describe('swapNeighbours', () => {
  it('property 14: swaps disjoint pairs from rank 2 on and leaves rank 1', () => {
    expect(swapNeighbours([0, 1, 2, 3, 4, 5], equal, unseen, always)).toEqual([0, 2, 1, 4, 3, 5]);
    expect(swapNeighbours([7, 8], equal, unseen, always)).toEqual([7, 8]);
  });

  it('swaps only pairs closer than the doubt about them', () => {
    // unseen: 0.1·(1 + 1) = .2
    expect(swapNeighbours([0, 1, 2], [1, 0.19, 0], unseen, always)).toEqual([0, 2, 1]);
    expect(swapNeighbours([0, 1, 2], [1, 0.2, 0], unseen, always)).toEqual([0, 1, 2]);
    // each seen 3 times: 0.1·(½ + ½) = .1
    expect(swapNeighbours([0, 1, 2], [1, 0.11, 0], () => 3, always)).toEqual([0, 1, 2]);
  });

  it('leaves the list it was given', () => {
    const shown = [0, 1, 2];
    swapNeighbours(shown, equal, unseen, always);
    expect(shown).toEqual([0, 1, 2]);
  });

  it('property 14: a permutation in which rank 1 stays and nobody moves more than one rank', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.integer(), fc.double({ min: 0, max: 1 }), (count, seed, spread) => {
        const shown = Array.from({ length: count }, (_, d) => d);
        const value = shown.map((d) => -d * spread);
        const order = swapNeighbours(shown, value, unseen, seededRandom(seed));
        expect([...order].sort((a, b) => a - b)).toEqual(shown);
        expect(order[0]).toBe(shown[0]);
        for (const [rank, d] of order.entries()) expect(Math.abs(rank - d)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('property 14: swaps an open pair with chance ½, within 4 standard deviations', () => {
    const random = seededRandom(11);
    const rounds = 10_000;
    let swapped = 0;
    for (let round = 0; round < rounds; round++)
      if (swapNeighbours([0, 1, 2], equal, unseen, random)[1] === 2) swapped++;
    expect(Math.abs(swapped - rounds / 2)).toBeLessThanOrEqual(4 * Math.sqrt(rounds / 4));
  });
});
