import { z } from 'zod';
import { exportError, readExportJson, readOptionalJson } from './export-files.js';

/** How the vectors of a text's tokens become the text's: the first, their mean, the last, or as the graph gives them. */
export type Pooling = 'cls' | 'mean' | 'last-token' | 'none';

const modulesSchema = z.array(z.object({ path: z.string(), type: z.string() }));
const poolingSchema = z.looseObject({
  word_embedding_dimension: z.number().int().positive().nullish(),
  pooling_mode: z.string().nullish(),
  include_prompt: z.boolean().nullish(),
});

/** Sentence-transformers' names of what is done here. */
const MODES: Readonly<Record<string, Pooling>> = {
  cls: 'cls',
  cls_token: 'cls',
  mean: 'mean',
  mean_tokens: 'mean',
  lasttoken: 'last-token',
};

/** What `modules.json` and the pooling's own config say; nothing where there is no `modules.json`. */
export interface ExportPooling {
  readonly pooling: Pooling | undefined;
  /** Length of the vectors that are pooled. */
  readonly dimension: number | undefined;
}

/**
 * Reads the steps from tokens to a text's vector. Throws an `exportError` for a step that is not done here, such as
 * `Dense`: without it the vectors would be wrong, which is worse than none.
 */
export function readPooling(folder: string): ExportPooling {
  const modules = readOptionalJson(folder, 'modules.json', modulesSchema);
  if (modules === undefined) return { pooling: undefined, dimension: undefined };
  const names = modules.map(({ type }) => type.slice(type.lastIndexOf('.') + 1));
  if (!/^Transformer( Pooling)?( Normalize)?$/.test(names.join(' ')))
    throw exportError(
      folder,
      'modules.json',
      `its steps are ${names.join(', ')}; only Transformer, Pooling, Normalize, in this order, are known here`,
    );
  if (modules[0]!.path !== '')
    throw exportError(folder, 'modules.json', 'its Transformer is not at the root of the folder');
  const place = names.indexOf('Pooling');
  return place < 0 ? { pooling: 'none', dimension: undefined } : readMode(folder, modules[place]!.path);
}

function readMode(folder: string, under: string): ExportPooling {
  // A name from a file is no path: it may be a folder of this one, nothing else.
  if (!/^\w+$/.test(under))
    throw exportError(folder, 'modules.json', 'the path of its Pooling is no folder name');
  const file = `${under}/config.json`;
  const config = readExportJson(folder, file, poolingSchema);
  if (config.include_prompt === false)
    throw exportError(folder, file, 'pooling that leaves the prompt out is not known here');
  const modes = Object.keys(config)
    .filter((key) => key.startsWith('pooling_mode_') && config[key] === true)
    .map((key) => key.slice('pooling_mode_'.length));
  if (modes.length === 0 && config.pooling_mode) modes.push(config.pooling_mode);
  const pooling = modes.length === 1 && Object.hasOwn(MODES, modes[0]!) ? MODES[modes[0]!] : undefined;
  if (pooling === undefined)
    throw exportError(
      folder,
      file,
      `pooling by ${modes.join(' and ') || 'nothing'}; only cls_token, mean_tokens and lasttoken are known here`,
    );
  return { pooling, dimension: config.word_embedding_dimension ?? undefined };
}
