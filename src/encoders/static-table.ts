import { z } from 'zod';
import type { ModelFiles } from '../models/model-store.js';
import type { ScaledRows } from './row-kernel.js';

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

/**
 * The vectors of word pieces as the model's file has them. Throws an Error where the config is not that of such a table or
 * the data file is too short for it.
 */
export function readStaticTable(model: ModelFiles): ScaledRows {
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
  return {
    dimension: hidden_size,
    numbers: new Int8Array(bytes.buffer, bytes.byteOffset + data.rows.offset, vocab_size * hidden_size),
    // Copied, for a float32 view must start at a multiple of 4.
    scales: new Float32Array(new Uint8Array(bytes.subarray(data.scale.offset, scalesEnd)).buffer),
  };
}
