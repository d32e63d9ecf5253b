/** One step of the narrative EMA: (1 − a)·mean + a·step, from zero where there was nothing (`null`). A new vector. */
export function blend(mean: Float32Array | null, step: Float32Array, a: number): Float32Array {
  const next = new Float32Array(step.length);
  for (let i = 0; i < step.length; i++) next[i] = (mean === null ? 0 : (1 - a) * mean[i]) + a * step[i];
  return next;
}

/** Mean of vectors of one length; null for none. */
export function meanOf(vectors: readonly Float32Array[]): Float32Array | null {
  if (vectors.length === 0) return null;
  const mean = new Float32Array(vectors[0].length);
  for (const vector of vectors) for (let i = 0; i < mean.length; i++) mean[i] += vector[i] / vectors.length;
  return mean;
}

/** A narrative that speaks with weight `mass`. */
export interface WeightedNarrative {
  readonly vector: Float32Array;
  /** κ·n of its cell, > 0. */
  readonly mass: number;
}

/** Mean of narratives by their mass, and the mass in all. Null where there is none or the mean is zero. */
export function combineNarratives(narratives: readonly WeightedNarrative[]): WeightedNarrative | null {
  let mass = 0;
  for (const narrative of narratives) mass += narrative.mass;
  if (!(mass > 0)) return null;
  const vector = new Float32Array(narratives[0].vector.length);
  for (const narrative of narratives) {
    const share = narrative.mass / mass;
    for (let i = 0; i < vector.length; i++) vector[i] += share * narrative.vector[i];
  }
  return vector.some((component) => component !== 0) ? { vector, mass } : null;
}

/**
 * Narrative of a document (relevance feedback after Rocchio): how much more it resembles what was accepted than its base
 * score says, the quieter the less was accepted (n), the more is known of the document itself (W) and the less
 * informative clicks are here (β). `similarity` is scaled to [0, 1] over the candidates.
 */
export function narrative(mass: number, beta: number, W: number, similarity: number, base: number): number {
  return (mass / (mass + 2)) * (beta / (beta + W)) * Math.min(1, 20 / beta) * (similarity - base);
}
