import { instantiate, type KernelMemory } from '../base/web-assembly.js';
import { ROWS_MODULE } from './kernels/rows-module.js';

/** Numbers the compiled loops take at a time. */
const STEP = 32;
/** Most rows that are listed before they must be added. */
const LIST_LENGTH = 4096;
/** Vectors the kernel holds to multiply rows with: most queries have no more words. */
const VECTORS = 16;
/** What the compiled loops take numbers of rows times, so that they are quick to widen. */
const WIDENED = 2 ** 24;

/** Rows of int8, one behind another, with a scale each. */
export interface ScaledRows {
  readonly numbers: Int8Array;
  readonly scales: Float32Array;
  /** Length of a row. */
  readonly dimension: number;
}

/**
 * What all static vectors come from: sums of rows, and their inner products. Synchronous; one sum at a time, to which a
 * row that is added n times gives n · scale · row, in the order in which rows were first added.
 */
export interface RowKernel {
  readonly dimension: number;
  /** Number of rows. */
  readonly size: number;
  /** Begins a sum: of the last one, were it left halfway, nothing goes into it. */
  begin(): void;
  /** Adds a row to the sum. */
  add(row: number): void;
  /** Length of the sum. */
  norm(): number;
  /** The sum as a vector of length 1, zero where nothing was added. The same array always. */
  unit(): Float32Array;
  /** Inner product of a vector and a row with its scale. The vector must not be changed once it was used. */
  dot(vector: Float32Array, row: number): number;
}

/** What `kernels/rows.as.ts` exports; addresses are of bytes. */
interface RowsKernel extends KernelMemory {
  begin(rows: number, dimension: number, listed: number, vectors: number): void;
  tableAt(): number;
  recordsAt(): number;
  listAt(): number;
  vectorAt(): number;
  sumAt(): number;
  clear(): void;
  add(count: number): number;
  norm(): number;
  unit(): void;
  dot(vector: number, row: number): number;
}

/**
 * A kernel over a copy of the rows: compiled where the dimension is a multiple of 32, else plain. Some 20 ns against
 * 200 ns a row of 192.
 */
export function createRowKernel(rows: ScaledRows): RowKernel {
  return rows.dimension % STEP === 0 ? new CompiledRows(rows) : new PlainRows(rows);
}

/** The kernel in plain loops; what the other is tested against. */
export function plainKernel(rows: ScaledRows): RowKernel {
  return new PlainRows(rows);
}

class PlainRows implements RowKernel {
  readonly dimension: number;
  readonly size: number;
  private readonly numbers: Int8Array;
  private readonly scales: Float32Array;
  private readonly sum: Float32Array;
  /** How often each row was added, in the order in which they came. */
  private readonly times = new Map<number, number>();

  constructor({ numbers, scales, dimension }: ScaledRows) {
    this.dimension = dimension;
    this.size = scales.length;
    this.numbers = numbers.slice();
    this.scales = scales.slice();
    this.sum = new Float32Array(dimension);
  }

  begin(): void {
    this.times.clear();
  }

  add(row: number): void {
    this.times.set(row, (this.times.get(row) ?? 0) + 1);
  }

  norm(): number {
    const { dimension, numbers, scales, sum, times } = this;
    sum.fill(0);
    for (const [row, count] of times) {
      const factor = Math.fround(count * scales[row]!);
      for (let k = 0; k < dimension; k++) sum[k]! += factor * numbers[row * dimension + k]!;
    }
    let squares = 0;
    for (const value of sum) squares += value * value;
    return Math.sqrt(squares);
  }

  unit(): Float32Array {
    const length = this.norm();
    if (length > 0) for (let k = 0; k < this.dimension; k++) this.sum[k]! /= length;
    return this.sum;
  }

  dot(vector: Float32Array, row: number): number {
    const { dimension, numbers } = this;
    let product = 0;
    for (let k = 0; k < dimension; k++) product += vector[k]! * numbers[row * dimension + k]!;
    return product * this.scales[row]!;
  }
}

class CompiledRows implements RowKernel {
  readonly dimension: number;
  readonly size: number;
  private readonly kernel: RowsKernel;
  /** Rows that were added and that the kernel does not know of yet, and how many there are. */
  private readonly list: Int32Array;
  private listed = 0;
  private readonly sum: Float32Array;
  /** The vectors the kernel holds, and where; the next one takes the place of the one that came first. */
  private readonly vectors: Float32Array[] = [];
  private readonly loaded: Float32Array;
  private nextVector = 0;

  constructor({ numbers, scales, dimension }: ScaledRows) {
    this.dimension = dimension;
    this.size = scales.length;
    const kernel = instantiate<RowsKernel>(ROWS_MODULE);
    kernel.begin(scales.length, dimension, LIST_LENGTH, VECTORS);
    // From here on the memory does not grow.
    const { buffer } = kernel.memory;
    new Int8Array(buffer, kernel.tableAt(), numbers.length).set(numbers);
    const records = new Float32Array(buffer, kernel.recordsAt(), 2 * scales.length);
    for (let row = 0; row < scales.length; row++) records[2 * row + 1] = scales[row]! / WIDENED;
    this.list = new Int32Array(buffer, kernel.listAt(), LIST_LENGTH);
    this.sum = new Float32Array(buffer, kernel.sumAt(), dimension);
    this.loaded = new Float32Array(buffer, kernel.vectorAt(), VECTORS * dimension);
    this.kernel = kernel;
  }

  begin(): void {
    this.listed = 0;
    this.kernel.clear();
  }

  add(row: number): void {
    if (this.listed === LIST_LENGTH) this.addListed();
    this.list[this.listed++] = row;
  }

  norm(): number {
    this.addListed();
    return this.kernel.norm();
  }

  unit(): Float32Array {
    this.addListed();
    this.kernel.unit();
    return this.sum;
  }

  dot(vector: Float32Array, row: number): number {
    return this.kernel.dot(this.placeOf(vector), row);
  }

  private placeOf(vector: Float32Array): number {
    const known = this.vectors.indexOf(vector);
    if (known >= 0) return known;
    const place = this.nextVector;
    this.nextVector = (place + 1) % VECTORS;
    this.vectors[place] = vector;
    this.loaded.set(vector, place * this.dimension);
    return place;
  }

  private addListed(): void {
    this.kernel.add(this.listed);
    this.listed = 0;
  }
}
