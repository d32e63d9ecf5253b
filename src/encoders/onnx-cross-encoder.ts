import { ModelError } from '../base/model-call.js';
import { handled } from '../base/rejections.js';
import type { Inference } from '../inference/inference.js';
import type { ModelFacts, ModelSpec } from '../inference/loaded-model.js';
import type { CrossEncoder } from './cross-encoder.js';

export interface OnnxCrossEncoderOptions {
  /** Lent: closing the cross-encoder does not close it. */
  readonly inference: Pick<Inference, 'submit'>;
  /** The model as it was loaded, and what loading it told. */
  readonly spec: ModelSpec;
  readonly facts: ModelFacts;
  /** Name and revision of the model's files. */
  readonly name: string;
  readonly revision: string;
}

/** Goes up when the same model would give other scores: another way to read pairs. */
const READING = 1;

/** Cross-encoder that runs an ONNX export in the inference processes. */
export function createOnnxCrossEncoder(options: OnnxCrossEncoderOptions): CrossEncoder {
  const { inference, spec, facts, name, revision } = options;
  let isClosed = false;
  return {
    name,
    version: [READING, revision, facts.precision, facts.maxLength, `${spec.windows ?? 1}w`].join('-'),
    scoreEach(query, texts, call) {
      if (isClosed) {
        const error = new ModelError('closed', `cross-encoder ${name} is closed`);
        return texts.map(() => handled(Promise.reject(error)));
      }
      const pairs = texts.map((text) => ({ query, text }));
      return inference.submit(spec.id, pairs, call).map((score) => handled(score.then(([logit]) => logit!)));
    },
    async close() {
      isClosed = true;
    },
  };
}
