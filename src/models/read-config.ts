import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { ModelKind } from './manifest.js';
import { ModelStoreError } from './model-store-error.js';

/** Tokenizers of many languages have some 20 MB; this is what holds back a file that is no config at all. */
const MAX_BYTES = 64 << 20;

const configSchema = z.object({
  model_type: z.string().optional(),
  architectures: z.array(z.string()).nullish(),
  hidden_size: z.int().positive().optional(),
  /** The same in DistilBERT and in T5. */
  dim: z.int().positive().optional(),
  d_model: z.int().positive().optional(),
});

const modulesSchema = z.array(z.object({ type: z.string() }));

/**
 * A JSON file of a model's folder; undefined where there is none. Throws `ModelStoreError` that names the file where it
 * cannot be read, is too large, is no JSON, or is another thing than `schema` says.
 */
export function readConfig<T>(folder: string, file: string, schema: z.ZodType<T>): T | undefined {
  const path = join(folder, file);
  try {
    if (statSync(path).size > MAX_BYTES) throw new Error(`it has more than ${MAX_BYTES} bytes`);
    const parsed = schema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    if (parsed.success) return parsed.data;
    throw new Error(z.prettifyError(parsed.error));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new ModelStoreError(`cannot read ${path}: ${message}`, { cause });
  }
}

/** What an export's `config.json` says of the model; the dimension where vectors surely have that of the hidden states. */
export function readKind(folder: string): { readonly kind: ModelKind; readonly dimension?: number } {
  const config = readConfig(folder, 'config.json', configSchema);
  if (config === undefined)
    throw new ModelStoreError(`there is no model in ${folder}: it has no config.json`);
  if (config.architectures?.some((name) => name.endsWith('ForSequenceClassification'))) {
    return { kind: 'cross-encoder' };
  }
  const kind = config.model_type === 'static-embedding' ? 'static-encoder' : 'encoder';
  const size = config.hidden_size ?? config.dim ?? config.d_model;
  const modules = readConfig(folder, 'modules.json', modulesSchema) ?? [];
  const isProjected = modules.some(({ type }) => type.endsWith('.Dense'));
  return size === undefined || isProjected ? { kind } : { kind, dimension: size };
}
