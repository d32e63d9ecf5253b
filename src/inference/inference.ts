import type { ModelCall } from '../base/model-call.js';
import type { ModelFacts, ModelInput, ModelSpec } from './loaded-model.js';

/** What a worker process is doing; for `/readyz` and metrics. */
export interface WorkerStatus {
  readonly pid: number | null;
  readonly state: 'starting' | 'idle' | 'running' | 'closed';
  /** Resident memory at its last report, bytes. */
  readonly bytes: number;
  /** Why its forerunner was lost; absent once it has done something useful since. Never holds text. */
  readonly problem?: string;
}

export interface InferenceStatus {
  readonly workers: readonly WorkerStatus[];
  readonly models: readonly { readonly id: string; readonly file: string; readonly dimension: number }[];
  /** Inputs that wait. */
  readonly queued: number;
}

/**
 * Models run outside of this process.
 *
 * Promises: an input given several times at once is computed once; namespaces that wait take turns; what is aborted or
 * late before it began never runs; a worker that dies or hangs is replaced and what it had tried again, until an input has
 * taken three workers with it, or eight were killed from outside; nothing waits beyond its deadline. Rejections are `ModelError`s and are handled already, so callers may look at some only.
 */
export interface Inference {
  /** Loads a model in every worker, and in every later one. Rejects with an Error that names folder, file and reason. */
  load(spec: ModelSpec): Promise<ModelFacts>;
  /** One result per input, in order, each by itself; vectors are the caller's to keep. */
  submit(model: string, inputs: readonly ModelInput[], call: ModelCall): readonly Promise<Float32Array>[];
  status(): InferenceStatus;
  /** Takes no more, lets runs end, then ends the workers; inputs that wait reject. */
  close(): Promise<void>;
}
