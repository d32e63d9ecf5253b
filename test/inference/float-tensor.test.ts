import { Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { fromHalf, toFloats } from '../../src/inference/float-tensor.js';

describe('a float16', () => {
  it.each([
    [0x3c00, 1],
    [0xc000, -2],
    [0x3555, 0.333251953125],
    [0x7bff, 65504],
    // The smallest normal and subnormal ones.
    [0x0400, 2 ** -14],
    [0x0001, 2 ** -24],
    [0x8000, -0],
    [0xfc00, Number.NEGATIVE_INFINITY],
    [0x7e00, Number.NaN],
  ])('of the bits %i is %d', (bits, value) => {
    expect(fromHalf(bits)).toBe(value);
  });

  it('is read from tensors, beside float32 alone', () => {
    const half = new Tensor('float16', Uint16Array.of(0x3c00, 0xc000), [1, 2]);
    expect(toFloats(half)).toEqual({ dims: [1, 2], data: Float32Array.of(1, -2) });
    expect(toFloats(new Tensor('float32', Float32Array.of(3), [1]))?.data).toEqual(Float32Array.of(3));
    expect(toFloats(new Tensor('int64', BigInt64Array.of(3n), [1]))).toBeUndefined();
  });
});
