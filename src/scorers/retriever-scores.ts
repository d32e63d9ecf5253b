import type { Candidate } from '../base/documents.js';

/** The candidates' own scores where every one has a finite one, else undefined: some of them tell nothing about the rest. */
export function retrieverScores(candidates: readonly Candidate[]): Float64Array | undefined {
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
  return Float64Array.from({ length: count }, (_, index) => 1 - index / (count - 1));
}
