import type { Candidate } from '../base/documents.js';

/** The candidates' own scores where every one has a finite one, else undefined: some of them tell nothing about the rest. */
export function retrieverScores(candidates: readonly Candidate[]): Float64Array | undefined {
  // Most callers send none: seen before anything is made.
  if (candidates.length > 0 && candidates[0]!.score === undefined) return undefined;
  const scores = new Float64Array(candidates.length);
  for (let index = 0; index < candidates.length; index++) {
    const { score } = candidates[index]!;
    if (score === undefined || !Number.isFinite(score)) return undefined;
    scores[index] = score;
  }
  return scores;
}

/** The order they came in as a score: 1 for the first, 0 for the last, evenly between; .5 for one alone. */
export function linearRanks(count: number): Float64Array {
  if (count === 1) return new Float64Array([0.5]);
  const ranks = new Float64Array(count);
  for (let index = 0; index < count; index++) ranks[index] = 1 - index / (count - 1);
  return ranks;
}
