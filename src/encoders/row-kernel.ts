import { instantiate, type KernelMemory } from '../base/web-assembly.js';
import { ROWS_MODULE } from './kernels/rows-module.js';

/** Numbers the compiled loops take at a time. */
const STEP = 32;

/** The two loops that all static vectors come from, over int8 rows of one length. Synchronous; one sum at a time. */
export interface RowKernel {
  /** What was last combined; the same array always. */
  readonly sum: Float32Array;
  /** Makes `sum` the sum of `factors[i]` × the row `rows[i]` over the first `count`, at most as many as there are rows. */
  combine(rows: Int32Array, factors: Float32Array, count: number): void;
  /** Inner product of a vector and a row. The vector must not be changed while it is used for several rows. */
  dot(vector: Float32Array, row: number): number;
}

/** What `kernels/rows.as.ts` exports; addresses are of bytes. */
interface RowsKernel extends KernelMemory {
  room(bytes: number): number;
  dot(vector: number, row: number, end: number): number;
  combine(sum: number, rows: number, factors: number, offset: number, end: number): void;
  fetch(rows: number, end: number, length: number): number;
}

/**
 * A kernel over a copy of `rows` (each `dimension` long): compiled where the dimension is a multiple of 32, else
 * plain. Some 20 ns against 200 ns a row of 192.
 */
export function createRowKernel(rows: Int8Array, dimension: number): RowKernel {
  if (dimension % STEP === 0) return compiledKernel(rows, dimension);
  return plainKernel(Int8Array.from(rows), dimension);
}

/** The kernel in plain loops; what the other is tested against. */
export function plainKernel(table: Int8Array, dimension: number): RowKernel {
  const sum = new Float32Array(dimension);
  return {
    sum,
    combine(rows, factors, count) {
      sum.fill(0);
      for (let place = 0; place < count; place++) {
        const first = rows[place]! * dimension;
        const factor = factors[place]!;
        for (let k = 0; k < dimension; k++) sum[k]! += factor * table[first + k]!;
      }
    },
    dot(vector, row) {
      const first = row * dimension;
      let product = 0;
      for (let k = 0; k < dimension; k++) product += vector[k]! * table[first + k]!;
      return product;
    },
  };
}

function compiledKernel(table: Int8Array, dimension: number): RowKernel {
  const { memory, room, combine, dot, fetch } = instantiate<RowsKernel>(ROWS_MODULE);
  const rowCount = table.length / dimension;
  const sumAt = room(dimension * Float32Array.BYTES_PER_ELEMENT);
  const vectorAt = room(dimension * Float32Array.BYTES_PER_ELEMENT);
  const listAt = room(rowCount * Int32Array.BYTES_PER_ELEMENT);
  const factorsAt = room(rowCount * Float32Array.BYTES_PER_ELEMENT);
  const tableAt = room(table.length);
  // From here on the memory does not grow.
  const sum = new Float32Array(memory.buffer, sumAt, dimension);
  const loaded = new Float32Array(memory.buffer, vectorAt, dimension);
  const addresses = new Int32Array(memory.buffer, listAt, rowCount);
  const weights = new Float32Array(memory.buffer, factorsAt, rowCount);
  new Int8Array(memory.buffer, tableAt, table.length).set(table);
  let last: Float32Array | undefined;
  return {
    sum,
    combine(rows, factors, count) {
      if (count === 0) return void sum.fill(0);
      for (let place = 0; place < count; place++) {
        addresses[place] = tableAt + rows[place]! * dimension;
        weights[place] = factors[place]!;
      }
      const end = listAt + count * Int32Array.BYTES_PER_ELEMENT;
      fetch(listAt, end, dimension);
      for (let k = 0; k < dimension; k += STEP)
        combine(sumAt + k * Float32Array.BYTES_PER_ELEMENT, listAt, factorsAt, k, end);
    },
    dot(vector, row) {
      if (vector !== last) loaded.set(vector);
      last = vector;
      const at = tableAt + row * dimension;
      return dot(vectorAt, at, at + dimension);
    },
  };
}
