import type { Pooling } from '../models/export-modules.js';
import type { Precision } from '../models/graph-files.js';
import type { Manifest } from '../models/manifest.js';

export type { Pooling, Precision };

/** What is to be loaded: everything a child process needs to know of a model. Plain data. */
export interface ModelSpec {
  /** Name by which tasks call for it. */
  readonly id: string;
  readonly kind: 'encoder' | 'cross-encoder';
  /** The revision that the folder's manifest must have: files may be replaced while we run. */
  readonly revision?: string | undefined;
  /** Of a folder without a manifest: the files it must consist of, instead of a revision. */
  readonly files?: Manifest['files'] | undefined;
  /** Folder of a Hugging Face export: `config.json`, `tokenizer.json`, `onnx/model*.onnx`, … */
  readonly folder: string;
  /** Default: the best the folder has, in the order int8, fp32, fp16, q4. */
  readonly precision?: Precision | undefined;
  /** Default: what `modules.json` and `1_Pooling/config.json` say, else mean. */
  readonly pooling?: Pooling | undefined;
  /** Whether vectors are scaled to unit length; default: true (the encoder contract asks for it). */
  readonly normalise?: boolean | undefined;
  /** Longest input in tokens, special ones included, up to what its positions allow; default: the model's own. */
  readonly maxLength?: number | undefined;
  /** Cross-encoders: most windows a long document is read in, ≥ 1; the best window's score counts. */
  readonly windows?: number | undefined;
  /** Threads of one run. */
  readonly threads: number;
  /** Most tokens of a padded batch; texts that alone have more run alone. */
  readonly batchTokens: number;
}

/** What is known of a model once it is loaded. Plain data. */
export interface ModelFacts {
  /** Length of the vectors; 1 for cross-encoders. */
  readonly dimension: number;
  readonly maxLength: number;
  /** Null for cross-encoders. */
  readonly pooling: Pooling | null;
  /** Whether nothing said how to pool: the mean is then a guess. */
  readonly isPoolingAssumed: boolean;
  readonly precision: Precision;
  /** The graph's file, relative to the folder. */
  readonly file: string;
  /** Prompts that the model was trained with, from `config_sentence_transformers.json`; empty = none. */
  readonly prompts: { readonly query: string; readonly document: string };
  /** Inputs of the graph, in order. */
  readonly inputs: readonly string[];
}

/** One thing to compute: the vector of a text, or the raw score of a pair (a vector of length 1). */
export interface ModelInput {
  readonly text: string;
  /** Cross-encoders alone. */
  readonly query?: string;
}

/** Why one input has no result; said without the text. */
export interface InputFailure {
  readonly failure: string;
}

/** A model in this process. One run at a time; `run` holds the calling thread while the graph runs. */
export interface LoadedModel {
  readonly facts: ModelFacts;
  /**
   * One result per input, in order. An input that cannot be computed (NaN out) fails alone. An input's result does not
   * depend on those beside it: dynamically quantised graphs, whose scales would, are run one text at a time.
   */
  run(inputs: readonly ModelInput[]): Promise<(Float32Array | InputFailure)[]>;
  /** Frees the graph. */
  close(): Promise<void>;
}
