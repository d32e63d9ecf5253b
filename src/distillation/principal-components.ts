import { EigenvalueDecomposition, Matrix as Square } from 'ml-matrix';
import { type Matrix, rowOf, zeroMatrix } from './matrix.js';

/** Most points the covariance is made from; of more, every second (third, …) is taken. */
const MAX_POINTS = 25_000;

export interface PrincipalComponents {
  /** Directions of the largest variance, one a row, largest first: orthogonal, of unit length. */
  readonly axes: Matrix;
  /** Share of the points' variance that lies in them, in [0, 1]; 1 where there is no variance at all. */
  readonly share: number;
}

/** Mean of the rows. */
export function meanRow(points: Matrix): Float64Array {
  const mean = new Float64Array(points.columns);
  for (let row = 0; row < points.rows; row++) {
    const point = rowOf(points, row);
    for (let k = 0; k < mean.length; k++) mean[k] += point[k] / points.rows;
  }
  return mean;
}

/**
 * The first `dimensions` principal components of points around their mean, by the eigenvectors of their covariance.
 * Some seconds at 1000 columns: points × columns² + columns³. Throws `RangeError` unless 1 ≤ `dimensions` ≤ columns.
 */
export function principalComponents(points: Matrix, dimensions: number): PrincipalComponents {
  const { columns } = points;
  if (!(dimensions >= 1 && dimensions <= columns))
    throw new RangeError(`${dimensions} principal components of ${columns} columns`);
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(covariance(points), {
    assumeSymmetric: true,
  });
  // Ascending.
  const variances = realEigenvalues.map((value) => Math.max(0, value));
  const axes = zeroMatrix(dimensions, columns);
  let kept = 0;
  for (let axis = 0; axis < dimensions; axis++) {
    const column = columns - 1 - axis;
    kept += variances[column];
    rowOf(axes, axis).set(eigenvectorMatrix.getColumn(column));
  }
  const all = variances.reduce((sum, value) => sum + value, 0);
  return { axes, share: all > 0 ? Math.min(1, kept / all) : 1 };
}

/** The points less `mean`, in the coordinates of the axes: points × axes. A new matrix. */
export function project(points: Matrix, mean: Float64Array, axes: Matrix): Matrix {
  const projected = zeroMatrix(points.rows, axes.rows);
  const centred = new Float64Array(points.columns);
  for (let row = 0; row < points.rows; row++) {
    const point = rowOf(points, row);
    for (let k = 0; k < centred.length; k++) centred[k] = point[k] - mean[k];
    for (let axis = 0; axis < axes.rows; axis++) {
      const start = axis * axes.columns;
      let product = 0;
      for (let k = 0; k < centred.length; k++) product += centred[k] * axes.data[start + k];
      projected.data[row * axes.rows + axis] = product;
    }
  }
  return projected;
}

function covariance(points: Matrix): Square {
  const { columns } = points;
  const mean = meanRow(points);
  const stride = Math.max(1, Math.ceil(points.rows / MAX_POINTS));
  const sums = new Float64Array(columns * columns);
  const centred = new Float64Array(columns);
  for (let row = 0; row < points.rows; row += stride) {
    const point = rowOf(points, row);
    for (let k = 0; k < columns; k++) centred[k] = point[k] - mean[k];
    for (let i = 0; i < columns; i++) {
      const factor = centred[i];
      const start = i * columns;
      for (let k = i; k < columns; k++) sums[start + k] += factor * centred[k];
    }
  }
  const square = new Square(columns, columns);
  for (let i = 0; i < columns; i++) {
    for (let k = i; k < columns; k++) {
      square.set(i, k, sums[i * columns + k]);
      square.set(k, i, sums[i * columns + k]);
    }
  }
  return square;
}
