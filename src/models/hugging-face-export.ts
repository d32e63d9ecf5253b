import { statSync } from 'node:fs';
import { z } from 'zod';
import { exportError, readExportJson, readOptionalJson } from './export-files.js';
import { type Pooling, readPooling } from './export-modules.js';
import { ModelStoreError } from './model-store-error.js';

/** What a folder says of its model besides the weights and the vocabulary. */
export interface HuggingFaceExport {
  readonly folder: string;
  /** For example `bert`. */
  readonly modelType: string;
  /** Undefined: nothing is said, as in exports that are not of sentence-transformers. */
  readonly pooling: Pooling | undefined;
  /** Length of a token's vector, where it is said. */
  readonly dimension: number | undefined;
  /** Longest input in tokens, special ones included, that the model is meant to be used with. */
  readonly maxLength: number;
  /** The longest that it can be used with at all: what its positions and its tokenizer allow. */
  readonly longest: number;
  /** Position of the first token. */
  readonly firstPosition: number;
  /** Kinds of tokens that it tells apart; undefined: not said. */
  readonly tokenTypes: number | undefined;
  /** Id that fills up shorter texts of a batch. */
  readonly padding: number;
  /** Whether texts are put in lower case before anything else. */
  readonly lowerCase: boolean;
  /** What is put before a text by its role; empty = nothing. */
  readonly prompts: { readonly query: string; readonly document: string };
}

/** Where nothing says how long inputs may be. */
const DEFAULT_LENGTH = 512;
/** Lengths from here on are how "no limit" is written (1e30). */
const NO_LENGTH = 1_000_000;

const size = z.number().int().positive();
const configSchema = z.object({
  model_type: z.string().default('unknown'),
  hidden_size: size.nullish(),
  max_position_embeddings: z.number().nullish(),
  pad_token_id: z.number().int().nullish(),
  type_vocab_size: z.number().int().nullish(),
});
const tokenizerSchema = z.object({ model_max_length: z.number().positive().nullish() });
const sentenceSchema = z.object({
  max_seq_length: z.number().positive().nullish(),
  do_lower_case: z.boolean().nullish(),
});
const promptsSchema = z.object({
  prompts: z.record(z.string(), z.string().nullable()).nullish(),
  default_prompt_name: z.string().nullish(),
});

/** Families whose positions begin after that of the padding, as RoBERTa's do. */
const OFFSET_FAMILIES = /roberta|camembert|mpnet|longformer|xmod|data2vec-text|ibert|^esm$/;

/** Reads a model's folder. Throws an `exportError` where a file is missing, damaged, or asks for what is not done here. */
export function readExport(folder: string): HuggingFaceExport {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new ModelStoreError(`model folder ${folder}: there is no such folder`);
  const config = readExportJson(folder, 'config.json', configSchema);
  const sentence = readOptionalJson(folder, 'sentence_bert_config.json', sentenceSchema);
  const tokenizer = readOptionalJson(folder, 'tokenizer_config.json', tokenizerSchema);
  const { pooling, dimension } = readPooling(folder);
  if (dimension !== undefined && config.hidden_size && dimension !== config.hidden_size)
    throw exportError(
      folder,
      '1_Pooling/config.json',
      `vectors of ${dimension}, but config.json says ${config.hidden_size}`,
    );

  const padding = Math.max(0, config.pad_token_id ?? 0);
  const firstPosition = OFFSET_FAMILIES.test(config.model_type) ? padding + 1 : 0;
  const positions = config.max_position_embeddings;
  const longest = shortest([
    positions && positions > 0 ? positions - firstPosition : undefined,
    tokenizer?.model_max_length,
  ]);
  return {
    folder,
    modelType: config.model_type,
    pooling,
    dimension: dimension ?? config.hidden_size ?? undefined,
    longest: longest ?? NO_LENGTH,
    maxLength: shortest([longest, sentence?.max_seq_length]) ?? DEFAULT_LENGTH,
    firstPosition,
    padding,
    tokenTypes: config.type_vocab_size ?? undefined,
    lowerCase: sentence?.do_lower_case ?? false,
    prompts: readPrompts(folder),
  };
}

function shortest(lengths: readonly (number | null | undefined)[]): number | undefined {
  const said = lengths.filter((length) => typeof length === 'number' && length < NO_LENGTH) as number[];
  return said.length === 0 ? undefined : Math.min(...said);
}

/** By the names that sentence-transformers knows for the two roles, else its default for all texts. */
function readPrompts(folder: string): { query: string; document: string } {
  const read = readOptionalJson(folder, 'config_sentence_transformers.json', promptsSchema);
  const prompts = new Map(Object.entries(read?.prompts ?? {}));
  const byDefault = prompts.get(read?.default_prompt_name ?? '') ?? '';
  const first = (names: readonly string[]) =>
    names.map((name) => prompts.get(name)).find((prompt) => typeof prompt === 'string') ?? byDefault;
  return { query: first(['query']), document: first(['document', 'passage', 'corpus']) };
}
