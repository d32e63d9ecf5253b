import { z } from 'zod';
import type { ModelFiles } from '../models/model-store.js';
import { createRowKernel, type RowKernel } from './row-kernel.js';

const configSchema = z.object({
  model_type: z.literal('static-embedding'),
  vocab_size: z.int().positive(),
  hidden_size: z.int().positive(),
  data: z.object({
    file: z.string(),
    rows: z.object({ dtype: z.literal('int8'), offset: z.int().min(0) }),
    scale: z.object({ dtype: z.literal('float32'), offset: z.int().min(0) }),
  }),
});

/** Vectors of word pieces as the model's file has them: int8 rows with a float32 scale each. One sum at a time: the order of the summands is that of their first
 * appearance. */
export class StaticTable {
  readonly dimension: number;
  /** Number of pieces. */
  readonly size: number;
  private readonly kernel: RowKernel;
  private readonly scales: Float32Array;
  /** How often each piece was added. */
  private readonly times: Int32Array;
  /** The pieces added, each once, in the first `count` places, and what each counts. */
  private readonly pieces: Int32Array;
  private readonly factors: Float32Array;
  private count = 0;

  /** Throws an Error where the config is not that of such a table or the data file is too short for it. */
  constructor(model: ModelFiles) {
    const config = configSchema.safeParse(JSON.parse(model.readText('config.json')));
    if (!config.success) {
      throw new Error(
        `model ${model.name}: config.json is no static embedding's: ${z.prettifyError(config.error)}`,
      );
    }
    const { vocab_size, hidden_size, data } = config.data;
    const bytes = model.read(data.file);
    const rowsEnd = data.rows.offset + vocab_size * hidden_size;
    const scalesEnd = data.scale.offset + vocab_size * Float32Array.BYTES_PER_ELEMENT;
    if (bytes.length < Math.max(rowsEnd, scalesEnd))
      throw new Error(`model ${model.name}: ${data.file} is too short`);
    this.dimension = hidden_size;
    this.size = vocab_size;
    this.times = new Int32Array(vocab_size);
    this.pieces = new Int32Array(vocab_size);
    this.factors = new Float32Array(vocab_size);
    this.kernel = createRowKernel(new Int8Array(bytes.subarray(data.rows.offset, rowsEnd)), hidden_size);
    // Copied, for a float32 view must start at a multiple of 4.
    this.scales = new Float32Array(new Uint8Array(bytes.subarray(data.scale.offset, scalesEnd)).buffer);
  }

  /** Starts a new sum. */
  clear(): void {
    for (let place = 0; place < this.count; place++) this.times[this.pieces[place]!] = 0;
    this.count = 0;
  }

  /** Adds the vector of a piece to the sum. */
  add(piece: number): void {
    if (this.times[piece]!++ === 0) this.pieces[this.count++] = piece;
  }

  /** Length of the sum. */
  norm(): number {
    return lengthOf(this.combined());
  }

  /** The sum as a vector of unit length, a copy; zero where nothing was added. */
  unit(): Float32Array {
    const vector = this.combined().slice();
    const length = lengthOf(vector);
    if (length > 0) for (let k = 0; k < vector.length; k++) vector[k]! /= length;
    return vector;
  }

  /** Inner product of a vector and a piece's; vectors must not be changed between calls. */
  dot(vector: Float32Array, piece: number): number {
    return this.kernel.dot(vector, piece) * this.scales[piece]!;
  }

  private combined(): Float32Array {
    const { kernel, pieces, factors, times, scales, count } = this;
    for (let place = 0; place < count; place++) {
      const piece = pieces[place]!;
      factors[place] = times[piece]! * scales[piece]!;
    }
    kernel.combine(pieces, factors, count);
    return kernel.sum;
  }
}

function lengthOf(vector: Float32Array): number {
  let squares = 0;
  for (let k = 0; k < vector.length; k++) squares += vector[k]! * vector[k]!;
  return Math.sqrt(squares);
}
