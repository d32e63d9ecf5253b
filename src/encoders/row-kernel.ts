import { assembleRowModule } from './row-module.js';

/** The two loops that all static vectors come from, over int8 rows of one length. Synchronous; one sum at a time. */
export interface RowKernel {
  /** What was added up since `clear`; the same array always, overwritten by the next sum. */
  readonly sum: Float32Array;
  clear(): void;
  /** Adds `factor` × a row to the sum. */
  add(row: number, factor: number): void;
  /** Inner product of a vector and a row. The vector must not be changed while it is used for several rows. */
  dot(vector: Float32Array, row: number): number;
}

/** Bytes of WebAssembly memory in a page. */
const PAGE_BYTES = 65_536;
/** Rows are read in steps of this many bytes. */
const STEP = 8;

/** What this file needs of the engine's WebAssembly, which the compiler's own types only know in browsers. */
interface Engine {
  validate(bytes: Uint8Array): boolean;
  readonly Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
}

const engine = (globalThis as unknown as { WebAssembly: Engine }).WebAssembly;

interface RowModule {
  add(sum: number, row: number, length: number, factor: number): void;
  dot(vector: number, row: number, length: number): number;
}

/**
 * A kernel over a copy of `rows` (each `dimension` long): eight dimensions a step where the processor has SIMD and the
 * dimension is a multiple of eight, else one by one. Some 30 ns against 200 ns a row of 192.
 */
export function createRowKernel(rows: Int8Array, dimension: number): RowKernel {
  const bytes = assembleRowModule();
  if (dimension % STEP === 0 && engine.validate(bytes)) return simdKernel(bytes, rows, dimension);
  return plainKernel(Int8Array.from(rows), dimension);
}

/** The kernel without SIMD; what the other is tested against. */
export function plainKernel(rows: Int8Array, dimension: number): RowKernel {
  const sum = new Float32Array(dimension);
  return {
    sum,
    clear: () => void sum.fill(0),
    add(row, factor) {
      const first = row * dimension;
      for (let k = 0; k < dimension; k++) sum[k]! += factor * rows[first + k]!;
    },
    dot(vector, row) {
      const first = row * dimension;
      let product = 0;
      for (let k = 0; k < dimension; k++) product += vector[k]! * rows[first + k]!;
      return product;
    },
  };
}

/** Memory: the sum, a vector, then the rows. */
function simdKernel(bytes: Uint8Array, rows: Int8Array, dimension: number): RowKernel {
  const vectorAt = dimension * Float32Array.BYTES_PER_ELEMENT;
  const rowsAt = 2 * vectorAt;
  const memory = new engine.Memory({ initial: Math.ceil((rowsAt + rows.length) / PAGE_BYTES) });
  const instance = new engine.Instance(new engine.Module(bytes), { env: { memory } });
  const { add, dot } = instance.exports as RowModule;
  const sum = new Float32Array(memory.buffer, 0, dimension);
  const loaded = new Float32Array(memory.buffer, vectorAt, dimension);
  new Int8Array(memory.buffer, rowsAt).set(rows);
  let last: Float32Array | undefined;
  return {
    sum,
    clear: () => void sum.fill(0),
    add: (row, factor) => add(0, rowsAt + row * dimension, dimension, factor),
    dot(vector, row) {
      if (vector !== last) loaded.set(vector);
      last = vector;
      return dot(vectorAt, rowsAt + row * dimension, dimension);
    },
  };
}
