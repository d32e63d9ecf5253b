import { isZero, toUnit } from './similarity.js';

/** How many base results speak in a key vector. */
export const KEY_DOCUMENTS = 10;

/** What each of them counts, best first. */
const WEIGHTS = Float64Array.from({ length: KEY_DOCUMENTS }, (_, j) => 1 / Math.log2(j + 2));

/**
 * Key of a query: unit(e(q) + unit(Σ x_j / log2(j + 1))) over its best base results (j from 1, at most ten). Rewordings
 * share results more than words. Null where the query has no known piece: results alone would make strangers meet.
 */
export function keyVector(query: Float32Array, best: readonly Float32Array[]): Float32Array | null {
  if (isZero(query)) return null;
  const centroid = new Float32Array(query.length);
  for (let j = 0; j < Math.min(KEY_DOCUMENTS, best.length); j++) {
    const vector = best[j];
    const weight = WEIGHTS[j];
    for (let i = 0; i < centroid.length; i++) centroid[i] += vector[i] * weight;
  }
  toUnit(centroid);
  for (let i = 0; i < centroid.length; i++) centroid[i] += query[i];
  toUnit(centroid);
  return isZero(centroid) ? null : centroid;
}
