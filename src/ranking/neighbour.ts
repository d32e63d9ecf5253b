/**
 * Weight κ of a cell of another text: sqrt((s − τ)/(1 − τ)) times its trust; 0 below τ, never falling as the cosine `s`
 * rises, at most 1.
 */
export function neighbourWeight(similarity: number, tau: number, trust: number): number {
  if (!(similarity >= tau)) return 0;
  const share = tau < 1 ? Math.min(1, (similarity - tau) / (1 - tau)) : 1;
  return Math.sqrt(share) * trust;
}

/** Most cells that speak for one query, its own included. */
export const MAX_NEIGHBOURS = 8;
