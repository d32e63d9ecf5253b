import type { Pooling } from './loaded-model.js';

/**
 * One vector of a text's token vectors. `rows` holds them one after the other, special tokens included, padding not;
 * a copy of `dimension` numbers.
 */
export function poolTokens(
  rows: Float32Array,
  dimension: number,
  pooling: Exclude<Pooling, 'none'>,
): Float32Array {
  if (pooling === 'cls') return rows.slice(0, dimension);
  if (pooling === 'last-token') return rows.slice(rows.length - dimension);
  // Summed as doubles: rounding would else grow with the length.
  const sums = new Float64Array(dimension);
  for (let start = 0; start < rows.length; start += dimension)
    for (let k = 0; k < dimension; k++) sums[k]! += rows[start + k]!;
  const count = rows.length / dimension;
  return Float32Array.from(sums, (sum) => sum / count);
}

/** Scales a vector to unit length, in place; the zero vector stays. Vectors that are not finite are not. */
export function toUnitLength(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  if (length > 0) for (let k = 0; k < vector.length; k++) vector[k]! /= length;
  return vector;
}
