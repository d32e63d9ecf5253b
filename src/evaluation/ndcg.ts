import type { Judgements } from './collection.js';

/**
 * nDCG@k as trec_eval's `ndcg_cut`: gain = grade, discount = log2(rank + 1), divided by the best that all judged
 * documents allow, also those nobody retrieved. In [0, 1]; 0 where nothing is relevant. Grades below 0 count 0.
 *
 * `ranked` holds distinct document ids, best first; what stands below rank k changes nothing. O(k + judgements·log).
 */
export function ndcg(ranked: readonly string[], judgements: Judgements, k = 10): number {
  const grades = [...judgements.values()].sort((left, right) => right - left);
  const best = discountedGain(grades, k);
  if (best === 0) return 0;
  return (
    discountedGain(
      ranked.slice(0, k).map((id) => judgements.get(id) ?? 0),
      k,
    ) / best
  );
}

function discountedGain(grades: readonly number[], k: number): number {
  let gain = 0;
  const length = Math.min(k, grades.length);
  for (let index = 0; index < length; index++) gain += Math.max(0, grades[index]!) / Math.log2(index + 2);
  return gain;
}

/** Arithmetic mean; NaN of nothing. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
