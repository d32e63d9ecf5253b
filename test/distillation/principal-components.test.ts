import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Matrix, rowOf } from '../../src/distillation/matrix.js';
import { meanRow, principalComponents, project } from '../../src/distillation/principal-components.js';

function matrix(rows: readonly (readonly number[])[]): Matrix {
  return { rows: rows.length, columns: rows[0].length, data: Float32Array.from(rows.flat()) };
}

const inner = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, k) => sum + value * b[k], 0);

const points = fc
  .tuple(fc.integer({ min: 2, max: 6 }), fc.integer({ min: 2, max: 12 }))
  .chain(([columns, rows]) => {
    const row = fc.array(fc.double({ min: -10, max: 10, noNaN: true }), {
      minLength: columns,
      maxLength: columns,
    });
    return fc.array(row, { minLength: rows, maxLength: rows });
  })
  .map(matrix);

describe('principal components', () => {
  it('are the directions of the largest variance, largest first', () => {
    // Along (1, 1) the points spread 3 as far as along (1, −1): variances 9 : 1.
    const cross = matrix([
      [4, 4],
      [-2, -2],
      [2, 0],
      [0, 2],
    ]);
    const { axes, share } = principalComponents(cross, 1);
    const half = Math.SQRT1_2;
    expect(Math.abs(inner(axes.data, Float32Array.of(half, half)))).toBeCloseTo(1, 6);
    expect(share).toBeCloseTo(0.9, 6);
    expect([...meanRow(cross)]).toEqual([1, 1]);
  });

  it('are orthogonal and of unit length, whatever the points', () => {
    fc.assert(
      fc.property(points, (cloud) => {
        const { axes, share } = principalComponents(cloud, cloud.columns);
        for (let i = 0; i < axes.rows; i++)
          for (let k = 0; k <= i; k++)
            expect(inner(rowOf(axes, i), rowOf(axes, k))).toBeCloseTo(i === k ? 1 : 0, 4);
        expect(share).toBeCloseTo(1, 9);
      }),
    );
  });

  it('keep all distances to the mean where as many are kept as there are columns, and lengthen none', () => {
    fc.assert(
      fc.property(points, fc.integer({ min: 1, max: 6 }), (cloud, wanted) => {
        const dimensions = Math.min(wanted, cloud.columns);
        const mean = meanRow(cloud);
        const projected = project(cloud, mean, principalComponents(cloud, dimensions).axes);
        for (let row = 0; row < cloud.rows; row++) {
          const before = Math.hypot(...rowOf(cloud, row).map((value, k) => value - mean[k]));
          const after = Math.hypot(...rowOf(projected, row));
          expect(after).toBeLessThan(before + 1e-3);
          if (dimensions === cloud.columns) expect(after).toBeCloseTo(before, 3);
        }
      }),
    );
  });

  it('are there for points without any variance too', () => {
    const { axes, share } = principalComponents(
      matrix([
        [1, 2],
        [1, 2],
      ]),
      1,
    );
    expect(Math.hypot(...axes.data)).toBeCloseTo(1, 6);
    expect(share).toBe(1);
  });

  it('are never more than the columns', () => {
    const cloud = matrix([
      [1, 2],
      [3, 5],
    ]);
    expect(() => principalComponents(cloud, 3)).toThrow(RangeError);
    expect(() => principalComponents(cloud, 0)).toThrow(RangeError);
  });

  it('are made from every second of very many points', () => {
    // The points at odd places, far out along the second axis, are not looked at.
    const corners = [
      [1, 0],
      [0, 9],
      [-1, 0],
      [0, -9],
    ];
    const cloud = matrix(Array.from({ length: 30_000 }, (_, row) => corners[row % 4]));
    expect(Math.abs(principalComponents(cloud, 1).axes.data[0])).toBeCloseTo(1, 6);
    const few = matrix(Array.from({ length: 24_000 }, (_, row) => corners[row % 4]));
    expect(Math.abs(principalComponents(few, 1).axes.data[1])).toBeCloseTo(1, 6);
  });
});
