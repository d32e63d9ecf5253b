import type { Random } from '../base/random.js';

/**
 * Exploration by swapping neighbours (after BubbleRank, arXiv 1806.05819): disjoint neighbouring pairs from rank 2 on
 * whose values differ by less than the doubt about them, 0.1·(1/√(1+W_a) + 1/√(1+W_b)), swap with chance ½. Rank 1
 * stays, nobody moves more than one rank. `value` and `exposure` by candidate. A new list.
 */
export function swapNeighbours(
  shown: readonly number[],
  value: ArrayLike<number>,
  exposure: (candidate: number) => number,
  random: Random,
): number[] {
  const order = [...shown];
  for (let rank = 1; rank + 1 < order.length; rank += 2) {
    const a = order[rank];
    const b = order[rank + 1];
    const doubt = 0.1 * (1 / Math.sqrt(1 + exposure(a)) + 1 / Math.sqrt(1 + exposure(b)));
    if (Math.abs(value[a] - value[b]) < doubt && random.next() < 0.5) {
      order[rank] = b;
      order[rank + 1] = a;
    }
  }
  return order;
}
