/** Float32 vector as base64 of its little-endian bytes, exact; null stays null. */
export function encodeFloats(vector: Float32Array | null): string | null {
  return vector === null
    ? null
    : Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64');
}

/** Reads `encodeFloats`; throws `RangeError` unless it has `dimension` finite components. */
export function decodeFloats(text: unknown, dimension: number): Float32Array | null {
  if (text === null) return null;
  const bytes = decodeBytes(text, dimension * 4);
  const vector = new Float32Array(dimension);
  new Uint8Array(vector.buffer).set(bytes);
  if (!vector.every(Number.isFinite)) throw new RangeError('a stored vector is not finite');
  return vector;
}

/** Bytes as base64; null stays null. */
export function encodeBytes(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString('base64');
}

/** Reads `encodeBytes`; throws `RangeError` unless there are `length` bytes. */
export function decodeBytes(text: unknown, length: number): Uint8Array {
  if (typeof text !== 'string') throw new RangeError('stored bytes are not text');
  const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
  if (bytes.length !== length) throw new RangeError(`expected ${length} bytes, found ${bytes.length}`);
  return bytes;
}

/**
 * A unit vector in one byte a component, for impressions: the direction survives within half a percent, at a quarter of
 * the size. The scale is not kept: `decodeDirection` makes it unit length again.
 */
export function encodeDirection(vector: Float32Array | null): string | null {
  if (vector === null) return null;
  let largest = 0;
  for (let k = 0; k < vector.length; k++) largest = Math.max(largest, Math.abs(vector[k]));
  const bytes = new Int8Array(vector.length);
  // As `Math.round` does, which takes five times as long: the two differ for no quotient of floats.
  for (let k = 0; k < vector.length; k++) bytes[k] = Math.floor((vector[k] / largest) * 127 + 0.5);
  return Buffer.from(bytes.buffer).toString('base64');
}

/** Reads `encodeDirection` into a unit vector. */
export function decodeDirection(text: unknown, dimension: number): Float32Array | null {
  if (text === null) return null;
  const bytes = new Int8Array(decodeBytes(text, dimension).buffer);
  const vector = Float32Array.from(bytes);
  const length = Math.hypot(...vector);
  return length > 0 ? vector.map((component) => component / length) : null;
}
