import { columnsOf, type Matrix, setColumns, zeroMatrix } from './matrix.js';
import { type SparseRows, times, transposedTimes } from './sparse-rows.js';

/** Columns solved together: their rows fit into the processor's caches. */
const BLOCK = 32;

export interface RidgeOptions {
  /** Weight of the distance to the start, > 0: a piece that is rare in the texts stays where it started. */
  readonly lambda: number;
  /** Steps of conjugate gradients, ≥ 1. */
  readonly steps: number;
  /** Called between columns, with the share done; waited for, so that it can let others run. */
  readonly onProgress?: (share: number) => Promise<void> | void;
}

/**
 * Ridge regression around a start: the X that makes |A·X − targets|² + λ·|X − start|² least, nearly: by conjugate
 * gradients, each column by itself. A new matrix of the start's shape. Cost: steps × entries of A × columns × 4; memory
 * beside the result: some 32 columns of X five times and of the targets twice.
 */
export async function ridgeRegression(
  a: SparseRows,
  start: Matrix,
  targets: Matrix,
  { lambda, steps, onProgress }: RidgeOptions,
): Promise<Matrix> {
  const solved = zeroMatrix(start.rows, start.columns);
  for (let from = 0; from < start.columns; from += BLOCK) {
    const to = Math.min(start.columns, from + BLOCK);
    const block = columnsOf(start, from, to);
    improve(a, block, columnsOf(targets, from, to), lambda, steps);
    setColumns(solved, from, block);
    await onProgress?.(to / start.columns);
  }
  return solved;
}

/**
 * The start times the number that brings A·X closest to the targets; unchanged where none points the same way. A new
 * matrix.
 */
export function scaledToFit(a: SparseRows, start: Matrix, targets: Matrix): Matrix {
  const from = times(a, start);
  let product = 0;
  let squares = 0;
  for (let at = 0; at < from.data.length; at++) {
    product += from.data[at] * targets.data[at];
    squares += from.data[at] * from.data[at];
  }
  const factor = product > 0 ? product / squares : 1;
  return { ...start, data: start.data.map((value) => value * factor) };
}

/** Moves `x` towards the solution for x's first value as the start. */
function improve(a: SparseRows, x: Matrix, targets: Matrix, lambda: number, steps: number): void {
  const misses = times(a, x);
  for (let k = 0; k < misses.data.length; k++) misses.data[k] = targets.data[k] - misses.data[k];
  const residual = transposedTimes(a, misses);
  const direction: Matrix = { ...residual, data: residual.data.slice() };
  let size = columnProducts(residual, residual);
  for (let step = 0; step < steps; step++) {
    const image = transposedTimes(a, times(a, direction));
    addScaled(image, direction, new Float64Array(x.columns).fill(lambda));
    const lengths = ratios(size, columnProducts(direction, image));
    addScaled(x, direction, lengths);
    addScaled(
      residual,
      image,
      lengths.map((length) => -length),
    );
    const next = columnProducts(residual, residual);
    const shares = ratios(next, size);
    turn(direction, residual, shares);
    size = next;
  }
}

/** Inner product of each column with the same one of another matrix. */
function columnProducts(left: Matrix, right: Matrix): Float64Array {
  const products = new Float64Array(left.columns);
  for (let at = 0; at < left.data.length; ) {
    for (let k = 0; k < products.length; k++, at++) products[k] += left.data[at] * right.data[at];
  }
  return products;
}

/** 0 where there is nothing left to divide by: that column is solved. */
function ratios(above: Float64Array, below: Float64Array): Float64Array {
  return above.map((value, k) => (below[k] > 0 ? value / below[k] : 0));
}

/** to += factor × from, with a factor for each column. */
function addScaled(to: Matrix, from: Matrix, factors: Float64Array): void {
  for (let at = 0; at < to.data.length; ) {
    for (let k = 0; k < factors.length; k++, at++) to.data[at] += factors[k] * from.data[at];
  }
}

/** direction = residual + share × direction, with a share for each column. */
function turn(direction: Matrix, residual: Matrix, shares: Float64Array): void {
  for (let at = 0; at < direction.data.length; ) {
    for (let k = 0; k < shares.length; k++, at++)
      direction.data[at] = residual.data[at] + shares[k] * direction.data[at];
  }
}
