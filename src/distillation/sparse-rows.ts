import { type Matrix, zeroMatrix } from './matrix.js';

/** A matrix of mostly zeros, row after row: 8 bytes for each number that is not zero. */
export interface SparseRows {
  readonly rows: number;
  readonly columns: number;
  /** By row: where its entries start; those of the next one begin where they end. */
  readonly starts: Uint32Array;
  /** Column and value of each entry. */
  readonly places: Uint32Array;
  readonly values: Float32Array;
}

/**
 * A row for each text: how often it holds each piece, over how many pieces it holds. Times a matrix with a row for each
 * piece, that is the mean of each text's piece vectors. A text without pieces is a row of zeros.
 *
 * @param texts ids of pieces, each below `pieces`
 */
export function meansOf(texts: readonly ArrayLike<number>[], pieces: number): SparseRows {
  const starts = new Uint32Array(texts.length + 1);
  const times = texts.map(timesOf);
  for (const [row, counts] of times.entries()) starts[row + 1] = starts[row] + counts.size;
  const places = new Uint32Array(starts[texts.length]);
  const values = new Float32Array(places.length);
  for (const [row, counts] of times.entries()) {
    let at = starts[row];
    for (const [piece, count] of counts) {
      places[at] = piece;
      values[at++] = count / texts[row].length;
    }
  }
  return { rows: texts.length, columns: pieces, starts, places, values };
}

function timesOf(ids: ArrayLike<number>): Map<number, number> {
  const counts = new Map<number, number>();
  for (let k = 0; k < ids.length; k++) counts.set(ids[k], (counts.get(ids[k]) ?? 0) + 1);
  return counts;
}

/** sparse × dense: rows × the dense one's columns. */
export function times(sparse: SparseRows, dense: Matrix): Matrix {
  const product = zeroMatrix(sparse.rows, dense.columns);
  forEachEntry(sparse, (row, place, value) => addRow(product, row, dense, place, value));
  return product;
}

/** The sparse matrix transposed × dense: columns × the dense one's columns. */
export function transposedTimes(sparse: SparseRows, dense: Matrix): Matrix {
  const product = zeroMatrix(sparse.columns, dense.columns);
  forEachEntry(sparse, (row, place, value) => addRow(product, place, dense, row, value));
  return product;
}

function forEachEntry(
  { rows, starts, places, values }: SparseRows,
  visit: (row: number, place: number, value: number) => void,
): void {
  for (let row = 0; row < rows; row++) {
    for (let at = starts[row]; at < starts[row + 1]; at++) visit(row, places[at], values[at]);
  }
}

function addRow(to: Matrix, toRow: number, from: Matrix, fromRow: number, factor: number): void {
  const { columns } = to;
  const target = toRow * columns;
  const source = fromRow * columns;
  for (let k = 0; k < columns; k++) to.data[target + k] += factor * from.data[source + k];
}
