import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { WorkerStatus } from './inference.js';
import type { InputFailure, ModelFacts, ModelInput, ModelSpec } from './loaded-model.js';
import { type LossReason, type ModelWorker, RunThrew, type StartWorker, WorkerLost } from './model-worker.js';

/** Inputs of one model to be run at once. */
export interface Batch {
  readonly model: string;
  readonly inputs: readonly ModelInput[];
  /** Told exactly once how it went. */
  done(results: readonly (Float32Array | InputFailure)[]): void;
  threw(error: RunThrew): void;
  lost(loss: WorkerLost): void;
}

export interface SlotOptions {
  readonly startWorker: StartWorker;
  /** The next batch; undefined = nothing waits. */
  readonly take: () => Batch | undefined;
  /** Resident memory above which a worker is replaced after its batch, in bytes. */
  readonly memoryBytes: number;
  /** How long a worker may be without work before it is asked whether it lives, in milliseconds. */
  readonly pingAfterMs: number;
  /** Pause before the second start in a row, in milliseconds; doubles up to `maxPauseMs`. The first comes at once. */
  readonly minPauseMs: number;
  readonly maxPauseMs: number;
  readonly onReplaced: (reason: LossReason | 'memory', message: string) => void;
}

/** Starts in a row that came to nothing, after which nobody is kept waiting. */
const MANY_FAILED_STARTS = 5;
/** The same where the worker says that it cannot load a model: that seldom passes by itself. */
const MANY_REFUSED_STARTS = 2;
/** Batches after which a worker's memory may be used up without that counting as a loss. */
const MANY_BATCHES = 100;

/** A model that the worker has, and what was told of it to those who call for it. */
interface HeldModel {
  readonly spec: ModelSpec;
  readonly facts: ModelFacts;
}

interface PendingLoad {
  readonly spec: ModelSpec;
  resolve(facts: ModelFacts): void;
  reject(error: Error): void;
}

/** Place of one worker: keeps a process running that has all models, and gives it batches. The first load starts it. */
export class WorkerSlot {
  /** Starts in a row that have not led to a worker with its models; the one under way counts. */
  private failedStarts = 0;
  private lastLoss: LossReason | undefined;
  /** Workers lost since one did something useful. */
  private losses = 0;
  /** Workers in a row that had used up their memory after a few batches. */
  private shortLives = 0;
  private problem: string | undefined;
  private readonly models: HeldModel[] = [];
  private loads: PendingLoad[] = [];
  private worker: ModelWorker | undefined;
  private state: WorkerStatus['state'] = 'starting';
  private life: Promise<void> | undefined;
  private wakeUp: (() => void) | undefined;
  private readonly closing = new AbortController();

  constructor(private readonly options: SlotOptions) {}

  status(): WorkerStatus {
    const { worker, state, problem } = this;
    return {
      pid: worker?.pid ?? null,
      state,
      bytes: worker?.bytes ?? 0,
      ...(problem === undefined ? {} : { problem }),
    };
  }

  /** Loads a model in the worker and in all that replace it. Rejects with an Error that says why not. */
  load(spec: ModelSpec): Promise<ModelFacts> {
    return new Promise((resolve, reject) => {
      this.loads.push({ spec, resolve, reject });
      this.life ??= this.live();
      this.wake();
    });
  }

  /** Says that there may be work. */
  wake(): void {
    this.wakeUp?.();
  }

  /** Whether starts fail again and again, so that nobody should wait for this place. */
  get isDown(): boolean {
    const most = this.lastLoss === 'unloadable' ? MANY_REFUSED_STARTS : MANY_FAILED_STARTS;
    return this.failedStarts >= most;
  }

  /** Lets a run end, then the worker. */
  async close(): Promise<void> {
    this.closing.abort();
    this.wake();
    await this.life;
    this.state = 'closed';
  }

  /** Ends the worker by force. */
  kill(): void {
    this.worker?.kill();
  }

  private get isClosing(): boolean {
    return this.closing.signal.aborted;
  }

  private async live(): Promise<void> {
    while (!this.isClosing && this.models.length + this.loads.length > 0) {
      const loss = await this.keepOne();
      if (this.isClosing) break;
      if (loss !== undefined) this.recover(loss);
      await this.pause(loss === undefined ? this.shortLives : this.losses);
    }
    this.refuseLoads(new Error('inference was closed'));
    this.life = undefined;
  }

  /** One worker from its start to its end; answers why it was lost, undefined if it was asked to end. */
  private async keepOne(): Promise<WorkerLost | undefined> {
    this.state = 'starting';
    const worker = this.options.startWorker(() => this.wake());
    this.worker = worker;
    try {
      this.failedStarts += 1;
      for (const model of this.models) await this.reload(worker, model);
      this.failedStarts = 0;
      await this.serve(worker);
      return undefined;
    } catch (error) {
      // Nothing else is thrown; if it were, it is a fault of this code that ends this worker and is told.
      return error instanceof WorkerLost ? error : new WorkerLost('crashed', String(error));
    } finally {
      this.state = 'starting';
      await worker.stop();
      this.worker = undefined;
    }
  }

  private recover(loss: WorkerLost): void {
    this.losses += 1;
    this.lastLoss = loss.reason;
    this.problem = loss.message;
    this.refuseLoads(loss);
    this.options.onReplaced(loss.reason, loss.message);
  }

  /** Before the start that follows so many that came to little; none before the first. */
  private async pause(count: number): Promise<void> {
    const { minPauseMs, maxPauseMs } = this.options;
    if (count < 2) return;
    const pauseMs = Math.min(maxPauseMs, minPauseMs * 2 ** (count - 2));
    await delay(pauseMs, undefined, { signal: this.closing.signal }).catch(() => undefined);
  }

  /** Gives the worker batches until it is to be replaced or all ends. Rejects with `WorkerLost`. */
  private async serve(worker: ModelWorker): Promise<void> {
    let batches = 0;
    for (;;) {
      if (worker.loss !== undefined) throw worker.loss;
      await this.loadNew(worker);
      if (this.isClosing) return;
      const batch = this.options.take();
      if (batch === undefined) {
        await this.rest(worker);
        continue;
      }
      await this.run(worker, batch);
      batches += 1;
      if (batches === MANY_BATCHES) this.shortLives = 0;
      if (worker.bytes > this.options.memoryBytes) {
        if (batches < MANY_BATCHES) this.shortLives += 1;
        this.options.onReplaced('memory', `an inference worker had ${mebibytes(worker.bytes)}`);
        return;
      }
    }
  }

  private async run(worker: ModelWorker, batch: Batch): Promise<void> {
    this.state = 'running';
    let results: readonly (Float32Array | InputFailure)[];
    try {
      results = await worker.run(batch.model, batch.inputs);
    } catch (error) {
      if (error instanceof RunThrew) {
        batch.threw(error);
        return;
      }
      batch.lost(error as WorkerLost);
      throw error;
    }
    this.hasDoneSomething();
    batch.done(results);
  }

  /** Until there is work, or the worker is gone; after a long silence it is asked whether it lives. */
  private async rest(worker: ModelWorker): Promise<void> {
    this.state = 'idle';
    let isQuiet = false;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.wakeUp = resolve;
      timer = setTimeout(() => {
        isQuiet = true;
        resolve();
      }, this.options.pingAfterMs).unref();
    });
    clearTimeout(timer);
    this.wakeUp = undefined;
    if (!isQuiet) return;
    await worker.ping();
    this.hasDoneSomething();
  }

  private hasDoneSomething(): void {
    this.losses = 0;
    this.problem = undefined;
  }

  private async loadNew(worker: ModelWorker): Promise<void> {
    for (;;) {
      const [next] = this.loads;
      if (next === undefined) return;
      try {
        const facts = await this.loadInto(worker, next.spec);
        this.models.push({ spec: next.spec, facts });
        next.resolve(facts);
      } catch (error) {
        next.reject(error as Error);
        if (worker.loss !== undefined) throw worker.loss;
      } finally {
        this.loads = this.loads.filter((load) => load !== next);
      }
    }
  }

  /** Only what is the same as before is taken: its vectors are compared with those there are. */
  private async reload(worker: ModelWorker, { spec, facts }: HeldModel): Promise<void> {
    let found: ModelFacts;
    try {
      found = await this.loadInto(worker, spec);
    } catch (error) {
      throw worker.loss ?? new WorkerLost('unloadable', (error as Error).message);
    }
    if (isDeepStrictEqual(found, facts)) return;
    throw new WorkerLost(
      'unloadable',
      `model folder ${spec.folder}: what is there now (${found.file}) is not what was loaded first (${facts.file}); restart the server`,
    );
  }

  private async loadInto(worker: ModelWorker, spec: ModelSpec): Promise<ModelFacts> {
    const { memoryBytes } = this.options;
    let facts: ModelFacts;
    try {
      facts = await worker.load(spec);
    } catch (error) {
      if (worker.loss === undefined) throw error;
      throw new Error(`cannot load the model in ${spec.folder}: ${worker.loss.message}`, { cause: error });
    }
    if (worker.bytes <= memoryBytes) return facts;
    throw new Error(
      `cannot load the model in ${spec.folder}: a worker with it has ${mebibytes(worker.bytes)}, more than the ${mebibytes(memoryBytes)} it may have`,
    );
  }

  private refuseLoads(error: Error): void {
    const { loads } = this;
    this.loads = [];
    for (const load of loads)
      load.reject(
        new Error(`cannot load the model in ${load.spec.folder}: ${error.message}`, { cause: error }),
      );
  }
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}
