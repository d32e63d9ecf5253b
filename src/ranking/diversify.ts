/** Cosine above which two texts count as near-copies: a list without such a pair stays as it is. */
export const NEAR_COPY = 0.85;
/** The width over which the penalty grows to 1. */
const NEAR_COPY_RANGE = 0.15;

/**
 * Maximal marginal relevance over the shown part (Carbonell & Goldstein 1998) with a penalty that starts at near-copies:
 * λ·G − (1 − λ)·max(0, (sim − .85)/.15). Plain MMR at λ = .5 cost .066–.090 nDCG. Relevance is the list's own values
 * dealt along its order, so a list without near-copies keeps it. λ = 1 is off.
 * `similarity(a, b)` gives the cosine of two positions of `shown`. Cost: O(k²) similarities.
 */
export function diversify(
  shown: readonly number[],
  relevance: ArrayLike<number>,
  lambda: number,
  similarity: (a: number, b: number) => number,
): number[] {
  if (lambda >= 1 || shown.length < 2) return [...shown];
  const dealt = shown.map((d) => relevance[d]).sort((left, right) => right - left);
  const penalty = new Float64Array(shown.length);
  const remaining = shown.map((_, position) => position);
  const order: number[] = [];
  while (remaining.length > 0) {
    let best = 0;
    let bestValue = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < remaining.length; i++) {
      const value = lambda * dealt[remaining[i]] - (1 - lambda) * penalty[remaining[i]];
      if (value > bestValue) {
        best = i;
        bestValue = value;
      }
    }
    const [picked] = remaining.splice(best, 1);
    order.push(shown[picked]);
    for (const other of remaining) {
      const excess = (similarity(picked, other) - NEAR_COPY) / NEAR_COPY_RANGE;
      if (excess > penalty[other]) penalty[other] = excess;
    }
  }
  return order;
}
