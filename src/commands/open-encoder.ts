import type { Settings } from '../base/settings/table.js';
import type { Encoder } from '../encoders/encoder.js';
import type { ModelFiles } from '../models/model-store.js';

/** An encoder a command works with by itself. */
export interface OpenedEncoder {
  readonly encoder: Encoder;
  /** Where its files are; null for encoders that have none here. */
  readonly model: { readonly folder: string; readonly files: ModelFiles } | null;
  /** Closes the encoder and what runs it. */
  close(): Promise<void>;
}

/**
 * Opens an encoder: a model by name or folder, or, without one, that of the settings. Rejects with an Error that names
 * the model and what is wrong with it.
 */
export type OpenEncoder = (settings: Settings, model: string | undefined) => Promise<OpenedEncoder>;

/** Runs some work with an encoder, and closes it. */
export async function withEncoder<Result>(
  opened: Promise<OpenedEncoder>,
  work: (opened: OpenedEncoder) => Promise<Result>,
): Promise<Result> {
  const encoder = await opened;
  try {
    return await work(encoder);
  } finally {
    await encoder.close();
  }
}
