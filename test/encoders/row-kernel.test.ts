import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.js';
import { createRowKernel, plainKernel } from '../../src/encoders/row-kernel.js';

function randomRows(rows: number, dimension: number): Int8Array {
  const random = seededRandom(7);
  return Int8Array.from({ length: rows * dimension }, () => Math.floor(random.next() * 256) - 128);
}

describe('the kernel over int8 rows', () => {
  it('with SIMD gives what plain loops give', () => {
    const vectors = fc.float32Array({ min: -1, max: 1, noNaN: true, minLength: 24, maxLength: 24 });
    const adds = fc.array(fc.tuple(fc.nat(9), fc.float({ min: -2, max: 2, noNaN: true })), { maxLength: 12 });
    const rows = randomRows(10, 24);
    const fast = createRowKernel(rows, 24);
    const plain = plainKernel(rows, 24);
    fc.assert(
      fc.property(vectors, adds, (vector, summands) => {
        for (const kernel of [fast, plain]) {
          kernel.clear();
          for (const [row, factor] of summands) kernel.add(row, factor);
        }
        for (let k = 0; k < 24; k++) expect(fast.sum[k]).toBeCloseTo(plain.sum[k]!, 2);
        for (let row = 0; row < 10; row++) {
          const error = Math.abs(fast.dot(vector, row) - plain.dot(vector, row));
          expect(error).toBeLessThan(0.01);
        }
      }),
    );
  });

  it('adds and multiplies what can be checked by eye', () => {
    const kernel = createRowKernel(Int8Array.of(1, 2, 3, 4, 5, 6, 7, 8, -128, 127, 0, 0, 0, 0, 0, 1), 8);
    kernel.add(0, 2);
    kernel.add(1, 1);
    expect([...kernel.sum]).toEqual([-126, 131, 6, 8, 10, 12, 14, 17]);
    expect(kernel.dot(Float32Array.of(1, 1, 1, 1, 1, 1, 1, 1), 0)).toBe(36);
    expect(kernel.dot(Float32Array.of(1, 0, 0, 0, 0, 0, 0, 2), 1)).toBe(-126);
    kernel.clear();
    expect([...kernel.sum]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('also serves dimensions that are no multiple of eight', () => {
    const kernel = createRowKernel(Int8Array.of(1, 2, 3, 4, 5, 6), 3);
    kernel.add(1, 1);
    expect([...kernel.sum, kernel.dot(Float32Array.of(1, 1, 1), 0)]).toEqual([4, 5, 6, 6]);
  });

  it('keeps a copy of the rows', () => {
    for (const dimension of [8, 4]) {
      const rows = new Int8Array(dimension).fill(1);
      const kernel = createRowKernel(rows, dimension);
      rows.fill(9);
      expect(kernel.dot(new Float32Array(dimension).fill(1), 0)).toBe(dimension);
    }
  });
});
