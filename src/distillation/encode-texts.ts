import type { Encoder } from '../encoders/encoder.js';
import { type Matrix, zeroMatrix } from './matrix.js';

/** Texts of one call, and calls that are out at a time: enough to keep several worker processes busy. */
const BATCH = 64;
const CALLS = 2;
/** On whose behalf models are asked. */
const NAMESPACE = 'distillation';

export interface EncodeOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told the share done, in (0, 1]. */
  readonly onProgress?: (share: number) => void;
}

/**
 * The encoder's vectors of many texts as documents, one a row: 4 bytes × dimension a text. Rejects with the encoder's
 * error at the first failure; nothing is asked after it.
 */
export async function encodeTexts(
  encoder: Pick<Encoder, 'encode' | 'dimension'>,
  texts: readonly string[],
  { signal, onProgress }: EncodeOptions = {},
): Promise<Matrix> {
  const matrix = zeroMatrix(texts.length, encoder.dimension);
  let next = 0;
  let done = 0;
  const encodeRest = async (): Promise<void> => {
    while (next < texts.length) {
      const start = next;
      next += BATCH;
      const batch = texts.slice(start, next);
      const vectors = await encoder.encode(batch, { role: 'document', namespace: NAMESPACE, signal });
      for (const [k, vector] of vectors.entries()) matrix.data.set(vector, (start + k) * matrix.columns);
      done += batch.length;
      onProgress?.(done / texts.length);
    }
  };
  const stopAtFailure = (error: unknown): never => {
    next = texts.length;
    throw error;
  };
  await Promise.all(Array.from({ length: CALLS }, () => encodeRest().catch(stopAtFailure)));
  return matrix;
}
