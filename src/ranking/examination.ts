/** Least chance with which any shown rank is taken to have been seen; bounds what one click can weigh. */
export const MINIMAL_EXAMINATION = 0.1;

/**
 * Chance that a reader examined rank `rank` (from 1): max(0.1, rank^−η), the position bias of Joachims et al.
 * (arXiv 1608.04468). η = 0: the whole list is read.
 */
export function examinationProbability(rank: number, eta: number): number {
  return Math.max(MINIMAL_EXAMINATION, rank ** -eta);
}
