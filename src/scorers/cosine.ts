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
  return Math.max(-1, Math.min(1, dot(a, b)));
}

/** Inner product of two vectors of one length. Four sums, for one alone waits for each addition. */
export function dot(a: Float32Array, b: Float32Array): number {
  const whole = a.length - (a.length % 4);
  let first = 0;
  let second = 0;
  let third = 0;
  let fourth = 0;
  for (let k = 0; k < whole; k += 4) {
    first += a[k]! * b[k]!;
    second += a[k + 1]! * b[k + 1]!;
    third += a[k + 2]! * b[k + 2]!;
    fourth += a[k + 3]! * b[k + 3]!;
  }
  for (let k = whole; k < a.length; k++) first += a[k]! * b[k]!;
  return first + second + (third + fourth);
}

function largest(vector: ArrayLike<number>): number {
  let largest = 0;
  for (let k = 0; k < vector.length; k++) largest = Math.max(largest, Math.abs(vector[k]!));
  return largest;
}
