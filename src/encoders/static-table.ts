import { z } from 'zod';
import type { ModelFiles } from './model-store.js';
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

/** Vectors of word pieces as the model's file has them: int8 rows with a float32 scale each. One sum at a time. */
export class StaticTable {
  readonly dimension: number;
  /** Number of pieces. */
  readonly size: number;
  private readonly kernel: RowKernel;
  private readonly scales: Float32Array;

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
    this.kernel = createRowKernel(new Int8Array(bytes.subarray(data.rows.offset, rowsEnd)), hidden_size);
    // Copied, for a float32 view must start at a multiple of 4.
    this.scales = new Float32Array(new Uint8Array(bytes.subarray(data.scale.offset, scalesEnd)).buffer);
  }

  /** Starts a new sum. */
  clear(): void {
    this.kernel.clear();
  }

  /** Adds `times` × the vector of a piece to the sum. */
  add(piece: number, times: number): void {
    this.kernel.add(piece, times * this.scales[piece]!);
  }

  /** Length of the sum. */
  norm(): number {
    const { sum } = this.kernel;
    let squares = 0;
    for (let k = 0; k < sum.length; k++) squares += sum[k]! * sum[k]!;
    return Math.sqrt(squares);
  }

  /** The sum as a vector of unit length, a copy; zero where nothing was added. */
  unit(): Float32Array {
    const vector = Float32Array.from(this.kernel.sum);
    const length = this.norm();
    if (length > 0) for (let k = 0; k < vector.length; k++) vector[k]! /= length;
    return vector;
  }

  /** Inner product of a vector and a piece's; vectors must not be changed between calls. */
  dot(vector: Float32Array, piece: number): number {
    return this.kernel.dot(vector, piece) * this.scales[piece]!;
  }
}
