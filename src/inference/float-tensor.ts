import type { Tensor } from 'onnxruntime-node';

/** A result of a graph. */
export interface FloatTensor {
  readonly dims: readonly number[];
  /** In row-major order. */
  readonly data: Float32Array;
}

/** A tensor of float32 or float16 as float32; undefined where it holds something else. */
export function toFloats(tensor: Tensor): FloatTensor | undefined {
  const { dims, type, data } = tensor;
  if (type === 'float32') return { dims, data: data as Float32Array };
  if (type !== 'float16') return undefined;
  // Bits, or numbers in engines that know float16 themselves.
  const floats =
    data instanceof Uint16Array ? Float32Array.from(data, fromHalf) : Float32Array.from(data as never);
  return { dims, data: floats };
}

/** Value of a float16 from its bits (IEEE 754 binary16), exact. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
