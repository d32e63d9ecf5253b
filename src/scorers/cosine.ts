/**
 * Cosine of two vectors of one length, in [−1, 1]; 0 where one is zero. Any finite numbers: scaled first, so that squares
 * of the largest doubles do not overflow.
 */
export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const scaleA = largest(a);
  const scaleB = largest(b);
  if (scaleA === 0 || scaleB === 0) return 0;
  let product = 0;
  let squaresA = 0;
  let squaresB = 0;
  for (let k = 0; k < a.length; k++) {
    const x = a[k]! / scaleA;
    const y = b[k]! / scaleB;
    product += x * y;
    squaresA += x * x;
    squaresB += y * y;
  }
  return Math.max(-1, Math.min(1, product / Math.sqrt(squaresA) / Math.sqrt(squaresB)));
}

/** Inner product: the cosine of unit vectors, 0 where one is zero. Kept within [−1, 1]. */
export function unitCosine(a: Float32Array, b: Float32Array): number {
  let product = 0;
  for (let k = 0; k < a.length; k++) product += a[k]! * b[k]!;
  return Math.max(-1, Math.min(1, product));
}

function largest(vector: ArrayLike<number>): number {
  let largest = 0;
  for (let k = 0; k < vector.length; k++) largest = Math.max(largest, Math.abs(vector[k]!));
  return largest;
}
