/** Reward mass and expected examinations of one document, decayed to the same moment. 0 ≤ S ≤ W / 0.1. */
export interface Evidence {
  readonly S: number;
  readonly W: number;
}

/** Click rate to expect where nothing is known of a document: a fifth before any evidence, at most .95. */
export function usualRate(sumS: number, sumW: number): number {
  return Math.min(0.95, (1 + sumS) / (5 + sumW));
}

export interface PheromoneSettings {
  /** Exposure penalty ρ in (0, 1]; 0.1 counts showings at the usual rate. */
  readonly exposurePenalty: number;
  /** Excess rate that counts as 1 (`u`), > 0. */
  readonly unit: number;
}

/**
 * Pheromone of a document: clicks beyond what its showings would usually bring, shrunken by a Gamma prior of strength β
 * (clicks over expected clicks; 10.1145/2736277.2741104), in units of `u`. 0 without evidence; −ρ/0.1·μ/u ≤ P ≤ 10/u.
 */
export function pheromone(evidence: Evidence, mu: number, beta: number, settings: PheromoneSettings): number {
  const expected = (settings.exposurePenalty / 0.1) * mu * evidence.W;
  return (evidence.S - expected) / (beta + evidence.W) / settings.unit;
}

/** Strength of the prior before anything was learned; also what `estimateBeta` gives for no evidence. */
export const INITIAL_BETA = 4;

/**
 * Strength β of the prior from all evidence of a namespace, by moments: how much click rates of documents differ beyond
 * what chance explains. Informative users give 2.5–13; near-random ones 60, which silences the memory. In [1, 60].
 * `cells` holds the decayed entries of each cell. Cost: two passes over all entries.
 */
export function estimateBeta(cells: Iterable<readonly Evidence[]>): number {
  let expected = 0;
  let exposure = 0;
  let excess = 0;
  let squares = 0;
  for (const entries of cells) {
    let sumS = 0;
    let sumW = 0;
    for (const entry of entries) {
      sumS += entry.S;
      sumW += entry.W;
    }
    const mu = usualRate(sumS, sumW);
    for (const { S, W } of entries) {
      const mean = mu * W;
      excess += (S - mean) ** 2 - mean;
      squares += W * W;
    }
    expected += mu * sumW;
    exposure += sumW;
  }
  const rate = (1 + expected) / (4 + exposure);
  const variance = (Math.max(0, excess) + (200 * rate) / 4) / (squares + 200);
  return Math.min(60, Math.max(1, rate / variance));
}
