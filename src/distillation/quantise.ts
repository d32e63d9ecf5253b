import { type Matrix, rowOf } from './matrix.js';

/** Rows of bytes with a factor each. */
export interface QuantisedRows {
  readonly rows: Int8Array;
  /** By row: what a byte of 1 stands for; 0 for a row of zeros. */
  readonly scales: Float32Array;
}

const LARGEST = 127;

/** Each row in one byte a number: off by at most half of a 127th of the row's largest. */
export function quantiseRows(matrix: Matrix): QuantisedRows {
  const rows = new Int8Array(matrix.data.length);
  const scales = new Float32Array(matrix.rows);
  for (let row = 0; row < matrix.rows; row++) {
    const values = rowOf(matrix, row);
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    if (largest === 0) continue;
    scales[row] = largest / LARGEST;
    // By the factor as it is kept, and within bounds where that was rounded.
    for (let k = 0; k < values.length; k++) {
      const steps = Math.round(values[k] / scales[row]);
      rows[row * matrix.columns + k] = Math.max(-LARGEST, Math.min(LARGEST, steps));
    }
  }
  return { rows, scales };
}

/** The rows as numbers again. */
export function restoreRows({ rows, scales }: QuantisedRows, columns: number): Matrix {
  const data = Float32Array.from(rows, (byte, at) => byte * scales[Math.floor(at / columns)]);
  return { rows: scales.length, columns, data };
}
