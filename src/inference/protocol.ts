import type { InputFailure, ModelFacts, ModelInput, ModelSpec } from './loaded-model.js';

/** From this process to a worker process. Answered in order, one by one; `stop` by the end of the process. */
export type ToWorker =
  | { readonly type: 'load'; readonly spec: ModelSpec }
  | { readonly type: 'run'; readonly model: string; readonly inputs: readonly ModelInput[] }
  | { readonly type: 'ping' }
  | { readonly type: 'stop' };

/** From a worker process, once for each message it was sent; `bytes` is its resident memory after it. */
export type FromWorker = Answer & { readonly bytes: number };

export type Answer =
  | { readonly type: 'loaded'; readonly facts: ModelFacts }
  /** `message` names folder, file and reason. */
  | { readonly type: 'unloadable'; readonly message: string }
  | { readonly type: 'done'; readonly results: readonly (Float32Array | InputFailure)[] }
  /** The run threw; `error` is the error's name alone, for its message might hold text. */
  | { readonly type: 'threw'; readonly error: string }
  | { readonly type: 'alive' };
