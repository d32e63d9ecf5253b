import type { InputFailure, ModelFacts, ModelInput, ModelSpec } from './loaded-model.js';

/**
 * Why a worker is no longer: `crashed` it ended by itself or could not start, `killed` somebody sent SIGKILL or SIGTERM,
 * `hung` it did not answer in time and was killed by us, `unloadable` it could not load what its forerunner had.
 */
export type LossReason = 'crashed' | 'killed' | 'hung' | 'unloadable';

/** A worker that is gone without having been asked to go. */
export class WorkerLost extends Error {
  override readonly name = 'WorkerLost';

  constructor(
    readonly reason: LossReason,
    message: string,
  ) {
    super(message);
  }
}

/** A run that threw: the worker lives, nothing is known of any input by itself. */
export class RunThrew extends Error {
  override readonly name = 'RunThrew';
}

/** One process that holds models and does one thing at a time. Calls reject with `WorkerLost` once it is gone. */
export interface ModelWorker {
  /** Null if it could not be started. */
  readonly pid: number | null;
  /** Resident memory at its last answer; 0 before the first. */
  readonly bytes: number;
  /** Set once it is gone, or given up. */
  readonly loss: WorkerLost | undefined;
  /** Rejects with an Error that names folder, file and reason. */
  load(spec: ModelSpec): Promise<ModelFacts>;
  /** One result per input, in order; vectors are the caller's to keep. Rejects with `RunThrew` where the run did. */
  run(model: string, inputs: readonly ModelInput[]): Promise<(Float32Array | InputFailure)[]>;
  /** Resolves once it answers. */
  ping(): Promise<void>;
  /** Asks it to end, after some time by force; resolves once it is gone. */
  stop(): Promise<void>;
  /** Ends it by force, now. */
  kill(): void;
}

/** Starts a worker; `onLost` is called once, when it is gone without having been asked to. Never throws. */
export type StartWorker = (onLost: () => void) => ModelWorker;
