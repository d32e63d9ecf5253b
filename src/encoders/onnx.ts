import { createHash } from 'node:crypto';
import { ModelError } from '../base/model-call.js';
import { allEnded, handled } from '../base/rejections.js';
import type { Inference } from '../inference/inference.js';
import type { ModelFacts, ModelSpec } from '../inference/loaded-model.js';
import { type Manifest, tauOf } from '../models/manifest.js';
import { hasNothingToRead } from '../text/nothing-to-read.js';
import type { EncodeCall, Encoder, TextRole } from './encoder.js';

export interface OnnxEncoderOptions {
  /** Lent: closing the encoder does not close it. */
  readonly inference: Pick<Inference, 'submit'>;
  /** The model as it was loaded, and what loading it told. */
  readonly spec: ModelSpec;
  readonly facts: ModelFacts;
  /** Name and revision of the model's files. */
  readonly name: string;
  readonly revision: string;
  /** Cosine from which two queries count as neighbours, as the manifest has it; of another version it counts for nothing. */
  readonly tau?: Manifest['tau'] | undefined;
  /** What to put before texts; default: what the model was trained with (`facts.prompts`). */
  readonly prompts?: Partial<Readonly<Record<TextRole, string>>> | undefined;
}

/** Goes up when the same model would give other vectors: another way to read text. */
const READING = 1;

/**
 * Bi-encoder that runs an ONNX export in the inference processes. A text with nothing to read has the zero vector and
 * costs nothing.
 */
export function createOnnxEncoder(options: OnnxEncoderOptions): Encoder {
  const { inference, spec, facts, name, revision } = options;
  const prompts = {
    query: options.prompts?.query ?? facts.prompts.query,
    document: options.prompts?.document ?? facts.prompts.document,
  };
  const version = versionOf(revision, spec, facts, prompts);
  const tau = tauOf(options, version);
  let isClosed = false;
  const encodeEach = (texts: readonly string[], call: EncodeCall): readonly Promise<Float32Array>[] => {
    if (isClosed)
      return texts.map(() => handled(Promise.reject(new ModelError('closed', `encoder ${name} is closed`))));
    const readable = texts.filter((text) => !hasNothingToRead(text));
    const prompt = prompts[call.role];
    const vectors = inference.submit(
      spec.id,
      readable.map((text) => ({ text: prompt + text })),
      call,
    );
    let next = 0;
    return texts.map((text) =>
      hasNothingToRead(text) ? Promise.resolve(new Float32Array(facts.dimension)) : vectors[next++]!,
    );
  };
  return {
    name,
    version,
    dimension: facts.dimension,
    ...(tau === undefined ? {} : { tau }),
    encode: (texts, call) => allEnded(encodeEach(texts, call)),
    encodeEach,
    async close() {
      isClosed = true;
    },
  };
}

/** For example `1-0a1b2c3d4e5f-int8-mean-256`, with `-raw` where vectors are not scaled, and a hash of prompts if any. */
function versionOf(
  revision: string,
  spec: ModelSpec,
  { precision, pooling, maxLength }: ModelFacts,
  prompts: Readonly<Record<TextRole, string>>,
): string {
  const parts = [READING, revision, precision, pooling, maxLength];
  if (spec.normalise === false) parts.push('raw');
  if (prompts.query + prompts.document !== '') parts.push(hashOf([prompts.query, prompts.document]));
  return parts.join('-');
}

function hashOf(texts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, 8);
}
