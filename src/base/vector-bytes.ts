/** Bytes by which the engine knows an array and its buffer, as measured with Node.js 20. */
const ARRAY_BYTES = 540;

/** Estimate of the bytes that a Float32Array of so many numbers takes, which has a buffer of its own. */
export function vectorBytes(dimension: number): number {
  return ARRAY_BYTES + dimension * Float32Array.BYTES_PER_ELEMENT;
}
