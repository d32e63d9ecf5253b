import { z } from 'zod';
import { readExportJson, readOptionalJson } from './export-files.js';
import type { ModelKind } from './manifest.js';

const size = z.int().positive().nullish();
const configSchema = z.object({
  model_type: z.string().nullish(),
  architectures: z.array(z.string()).nullish(),
  hidden_size: size,
  /** The same in DistilBERT and in T5. */
  dim: size,
  d_model: size,
});

const modulesSchema = z.array(z.object({ type: z.string() }));

/**
 * What an export's `config.json` says of the model; the dimension where vectors surely have that of the hidden states.
 * Throws `ModelStoreError` that names the file where it is missing or damaged.
 */
export function readKind(folder: string): { readonly kind: ModelKind; readonly dimension?: number } {
  const config = readExportJson(folder, 'config.json', configSchema);
  if (config.architectures?.some((name) => name.endsWith('ForSequenceClassification'))) {
    return { kind: 'cross-encoder' };
  }
  const kind = config.model_type === 'static-embedding' ? 'static-encoder' : 'encoder';
  const dimension = config.hidden_size ?? config.dim ?? config.d_model;
  const modules = readOptionalJson(folder, 'modules.json', modulesSchema) ?? [];
  const isProjected = modules.some(({ type }) => type.endsWith('.Dense'));
  return dimension == null || isProjected ? { kind } : { kind, dimension };
}
