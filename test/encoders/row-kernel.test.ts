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
    const vectors = fc.float32Array({ min: -1, max: 1, noNaN: true, minLength: 64, maxLength: 64 });
    const adds = fc.array(fc.tuple(fc.nat(9), fc.float({ min: -2, max: 2, noNaN: true })), { maxLength: 10 });
    const rows = randomRows(10, 64);
    const fast = createRowKernel(rows, 64);
    const plain = plainKernel(rows, 64);
    fc.assert(
      fc.property(vectors, adds, (vector, summands) => {
        for (const kernel of [fast, plain]) {
          const factors = Float32Array.from(summands, ([, factor]) => factor);
          kernel.combine(
            Int32Array.from(summands, ([row]) => row),
            factors,
            summands.length,
          );
        }
        for (let k = 0; k < 64; k++) expect(fast.sum[k]).toBeCloseTo(plain.sum[k]!, 2);
        for (let row = 0; row < 10; row++) {
          const error = Math.abs(fast.dot(vector, row) - plain.dot(vector, row));
          expect(error).toBeLessThan(0.01);
        }
      }),
    );
  });

  it('adds and multiplies what can be checked by eye', () => {
    // Two rows of 32: 1, 2, 3 … 32, and −128, 127 and zeros with a 1 at the end.
    const first = Array.from({ length: 32 }, (_, k) => k + 1);
    const second = [-128, 127, ...Array.from({ length: 29 }, () => 0), 1];
    const kernel = createRowKernel(Int8Array.of(...first, ...second), 32);
    kernel.combine(Int32Array.of(0, 1), Float32Array.of(2, 1), 2);
    expect([...kernel.sum]).toEqual([-126, 131, ...first.slice(2, 31).map((value) => 2 * value), 65]);
    const ones = new Float32Array(32).fill(1);
    // 1 + 2 + … + 32 = 528.
    expect([kernel.dot(ones, 0), kernel.dot(ones, 1)]).toEqual([528, 0]);
    const ends = Float32Array.from(ones, (_, k) => (k === 0 ? 1 : k === 31 ? 2 : 0));
    expect(kernel.dot(ends, 1)).toBe(-126);
    kernel.combine(Int32Array.of(1), Float32Array.of(1), 1);
    expect([...kernel.sum]).toEqual(second);
    kernel.combine(Int32Array.of(1), Float32Array.of(1), 0);
    expect([...kernel.sum]).toEqual(Array.from(second, () => 0));
  });

  it('also serves dimensions that are no multiple of 32', () => {
    const kernel = createRowKernel(Int8Array.of(1, 2, 3, 4, 5, 6), 3);
    kernel.combine(Int32Array.of(1), Float32Array.of(1), 1);
    expect([...kernel.sum, kernel.dot(Float32Array.of(1, 1, 1), 0)]).toEqual([4, 5, 6, 6]);
  });

  it('keeps a copy of the rows', () => {
    for (const dimension of [32, 4]) {
      const rows = new Int8Array(dimension).fill(1);
      const kernel = createRowKernel(rows, dimension);
      rows.fill(9);
      expect(kernel.dot(new Float32Array(dimension).fill(1), 0)).toBe(dimension);
    }
  });
});
