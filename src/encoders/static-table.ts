import { z } from 'zod';
import type { ModelFiles } from './model-store.js';

const configSchema = z.object({
  model_type: z.literal('static-embedding'),
  vocab_size: z.int().positive(),
  hidden_size: z.int().positive().multipleOf(4),
  data: z.object({
    file: z.string(),
    rows: z.object({ dtype: z.literal('int8'), offset: z.int().min(0) }),
    scale: z.object({ dtype: z.literal('float32'), offset: z.int().min(0) }),
  }),
});

/** Vectors of word pieces as the model's file has them: int8 rows with a float32 scale each. Read-only. */
export class StaticTable {
  readonly dimension: number;
  /** Number of pieces. */
  readonly size: number;
  private readonly rows: Int8Array;
  private readonly scales: Float32Array;

  /** Throws an Error where the config is not that of such a table or the data file is too short for it. */
  constructor(model: ModelFiles) {
    const config = configSchema.safeParse(JSON.parse(model.readText('config.json')));
    if (!config.success)
      throw new Error(
        `model ${model.name}: config.json is no static embedding's: ${z.prettifyError(config.error)}`,
      );
    const { vocab_size, hidden_size, data } = config.data;
    const bytes = model.read(data.file);
    const rowsEnd = data.rows.offset + vocab_size * hidden_size;
    const scalesEnd = data.scale.offset + vocab_size * Float32Array.BYTES_PER_ELEMENT;
    if (bytes.length < Math.max(rowsEnd, scalesEnd))
      throw new Error(`model ${model.name}: ${data.file} is too short`);
    this.dimension = hidden_size;
    this.size = vocab_size;
    this.rows = new Int8Array(bytes.buffer, bytes.byteOffset + data.rows.offset, vocab_size * hidden_size);
    // Copied, for a float32 view must start at a multiple of 4.
    this.scales = new Float32Array(new Uint8Array(bytes.subarray(data.scale.offset, scalesEnd)).buffer);
  }

  /** Adds `times` × the vector of a piece to `sum`. Some 0.25 µs for 192 dimensions. */
  add(sum: Float64Array, piece: number, times: number): void {
    const { rows, dimension } = this;
    const factor = times * this.scales[piece]!;
    let row = piece * dimension;
    for (let k = 0; k < dimension; k += 4, row += 4) {
      sum[k]! += factor * rows[row]!;
      sum[k + 1]! += factor * rows[row + 1]!;
      sum[k + 2]! += factor * rows[row + 2]!;
      sum[k + 3]! += factor * rows[row + 3]!;
    }
  }

  /** Inner product of a vector and a piece's. Some 0.2 µs for 192 dimensions. */
  dot(vector: Float32Array, piece: number): number {
    const { rows, dimension } = this;
    let row = piece * dimension;
    let even = 0;
    let odd = 0;
    for (let k = 0; k < dimension; k += 4, row += 4) {
      even += vector[k]! * rows[row]! + vector[k + 2]! * rows[row + 2]!;
      odd += vector[k + 1]! * rows[row + 1]! + vector[k + 3]! * rows[row + 3]!;
    }
    return (even + odd) * this.scales[piece]!;
  }
}
