/** Numbers in rows of one length, row after row. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /** rows × columns numbers; the owner may write into them. */
  readonly data: Float32Array;
}

/** A matrix of zeros; 4 bytes a number. */
export function zeroMatrix(rows: number, columns: number): Matrix {
  return { rows, columns, data: new Float32Array(rows * columns) };
}

/** A row as a view: writing into it changes the matrix. */
export function rowOf({ data, columns }: Matrix, row: number): Float32Array {
  return data.subarray(row * columns, (row + 1) * columns);
}

/** Columns from `start` to before `end`, copied. */
export function columnsOf(matrix: Matrix, start: number, end: number): Matrix {
  const part = zeroMatrix(matrix.rows, end - start);
  for (let row = 0; row < matrix.rows; row++) {
    part.data.set(rowOf(matrix, row).subarray(start, end), row * part.columns);
  }
  return part;
}

/** Writes a part of as many rows into the columns from `start` on. */
export function setColumns(matrix: Matrix, start: number, part: Matrix): void {
  for (let row = 0; row < matrix.rows; row++) rowOf(matrix, row).set(rowOf(part, row), start);
}

/** Rows from `start` to before `end`, as a view. */
export function rowsOf({ data, columns }: Matrix, start: number, end: number): Matrix {
  return { rows: end - start, columns, data: data.subarray(start * columns, end * columns) };
}

/** Length of a vector. */
export function lengthOf(vector: Float32Array): number {
  let squares = 0;
  for (let k = 0; k < vector.length; k++) squares += vector[k] * vector[k];
  return Math.sqrt(squares);
}

/** Cosine of two vectors of one length; 0 where one of them is zero. */
export function cosineOf(left: Float32Array, right: Float32Array): number {
  let product = 0;
  for (let k = 0; k < left.length; k++) product += left[k] * right[k];
  return product === 0 ? 0 : product / (lengthOf(left) * lengthOf(right));
}
