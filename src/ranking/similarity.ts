/**
 * Inner product of two vectors of one length; the cosine where both have unit length. One pass, in four sums: one alone
 * would wait for each addition.
 */
export function dot(left: ArrayLike<number>, right: ArrayLike<number>): number {
  const whole = left.length - (left.length % 4);
  let first = 0;
  let second = 0;
  let third = 0;
  let fourth = 0;
  for (let i = 0; i < whole; i += 4) {
    first += left[i] * right[i];
    second += left[i + 1] * right[i + 1];
    third += left[i + 2] * right[i + 2];
    fourth += left[i + 3] * right[i + 3];
  }
  for (let i = whole; i < left.length; i++) first += left[i] * right[i];
  return first + second + (third + fourth);
}

/** Scales a vector in place to unit length and returns it; one that is (nearly) zero or not finite becomes exactly zero. */
export function toUnit(vector: Float32Array): Float32Array {
  const length = Math.sqrt(dot(vector, vector));
  if (!(length > 1e-9 && Number.isFinite(length))) return vector.fill(0);
  for (let i = 0; i < vector.length; i++) vector[i] /= length;
  return vector;
}

/** Whether every component is zero. */
export function isZero(vector: ArrayLike<number>): boolean {
  for (let i = 0; i < vector.length; i++) if (vector[i] !== 0) return false;
  return true;
}

/** Values scaled to [0, 1] over the list; all 0.5 where they are all equal. A new array. */
export function minMax(values: ArrayLike<number>): Float64Array {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    if (values[i] < low) low = values[i];
    if (values[i] > high) high = values[i];
  }
  const scaled = new Float64Array(values.length);
  // Halved where the range alone would overflow.
  const unit = Number.isFinite(high - low) ? 1 : 0.5;
  const range = high * unit - low * unit;
  for (let i = 0; i < values.length; i++)
    scaled[i] = range > 0 ? (values[i] * unit - low * unit) / range : 0.5;
  return scaled;
}

/**
 * One bit per dimension, set where the component is positive: ceil(dim / 8) bytes. Enough to tell whether a text changed
 * for good (see `signBitCosine`) at a thirty-second of the size.
 */
export function signBits(vector: ArrayLike<number>): Uint8Array {
  const bits = new Uint8Array(Math.ceil(vector.length / 8));
  for (let i = 0; i < vector.length; i++) if (vector[i] > 0) bits[i >> 3] |= 1 << (i & 7);
  return bits;
}

/** Estimate of the cosine from sign bits: cos(π · differing bits / dimension). Lengths must agree. */
export function signBitCosine(left: Uint8Array, right: Uint8Array, dimension: number): number {
  let differing = 0;
  for (let i = 0; i < left.length; i++) {
    let byte = left[i] ^ right[i];
    while (byte !== 0) {
      byte &= byte - 1;
      differing++;
    }
  }
  return Math.cos((Math.PI * differing) / dimension);
}

/** Positions sorted by value, largest first; equal values keep their order. Merges, without a call for each comparison. */
export function orderByDescending(values: ArrayLike<number>): number[] {
  const { length } = values;
  let order: number[] = [];
  for (let i = 0; i < length; i++) order.push(i);
  let merged = order.slice();
  for (let width = 1; width < length; width *= 2) {
    for (let start = 0; start < length; start += 2 * width) mergeRuns(values, order, merged, start, width);
    [order, merged] = [merged, order];
  }
  return order;
}

/** Merges the two sorted runs of `width` positions from `start` on. */
function mergeRuns(
  values: ArrayLike<number>,
  from: readonly number[],
  to: number[],
  start: number,
  width: number,
): void {
  const middle = Math.min(start + width, from.length);
  const end = Math.min(start + 2 * width, from.length);
  let left = start;
  let right = middle;
  for (let place = start; place < end; place++) {
    const takesLeft = right >= end || (left < middle && values[from[left]] >= values[from[right]]);
    to[place] = takesLeft ? from[left++] : from[right++];
  }
}
