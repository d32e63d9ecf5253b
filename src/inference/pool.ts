import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../base/clock.js';
import type { ModelCall, ModelFailure } from '../base/model-call.js';
import { allEnded, handled } from '../base/rejections.js';
import { withinTime } from '../base/within-time.js';
import { BatchQueue } from './batch-queue.js';
import { estimateTokens } from './estimate-tokens.js';
import { InFlight } from './in-flight.js';
import type { Inference, InferenceStatus } from './inference.js';
import type { InputFailure, ModelFacts, ModelInput, ModelSpec } from './loaded-model.js';
import type { LossReason, StartWorker, WorkerLost } from './model-worker.js';
import { type InputOutcome, Submission, Task, type Waiter } from './task.js';
import { WorkerHandle, type WorkerOptions } from './worker-handle.js';
import { type Batch, WorkerSlot } from './worker-slot.js';

/** What happens in a pool, for metrics and logs. Must not throw. */
export interface InferenceEvents {
  /** An input got its result, or why not. */
  inputEnded(outcome: InputOutcome): void;
  /** A batch was computed. */
  batchRun(seconds: number): void;
  /** A worker is gone, another will take its place; `message` says why, and never holds text. */
  workerReplaced(reason: LossReason | 'memory', message: string): void;
}

export interface PoolOptions extends WorkerOptions {
  /** Processes, ≥ 1. */
  readonly workers: number;
  /** Most inputs that wait, ≥ 1; one namespace alone may have half of them (see `BatchQueue`). */
  readonly maxQueueInputs: number;
  /** Resident memory above which a worker is replaced after its batch, in bytes. */
  readonly memoryBytes: number;
  readonly clock: Clock;
  readonly events?: Partial<InferenceEvents>;
  /** Longest that `close` lets runs go on, in milliseconds; default 5000. */
  readonly closeTimeoutMs?: number;
  /** How long a worker may be without work before it is asked whether it lives, in milliseconds; default 10 000. */
  readonly pingAfterMs?: number;
  /** Pauses between starts that follow each other, in milliseconds; default 100 up to 5000. */
  readonly minPauseMs?: number;
  readonly maxPauseMs?: number;
  /** Default: a child process each. */
  readonly startWorker?: StartWorker;
}

/** Most callers who wait for one and the same input. */
const MAX_WAITERS = 1000;
/** Workers that an input may take with it, as far as one can tell, before it is given up: the last try is alone. */
const MAX_LOSSES = 3;
/** The same for workers that were killed from outside, which is seldom the input's fault. */
const MAX_KILLS = 8;

/** The child processes, each kept alive by its slot, and the one queue they take from. */
export class InferencePool implements Inference {
  private readonly models = new Map<string, { readonly spec: ModelSpec; readonly facts: ModelFacts }>();
  private readonly queue: BatchQueue<Task>;
  private readonly inFlight = new InFlight();
  private readonly slots: readonly WorkerSlot[];
  private closed: Promise<void> | undefined;

  constructor(private readonly options: PoolOptions) {
    this.queue = new BatchQueue(options.maxQueueInputs);
    const { startWorker = (onLost) => new WorkerHandle(options, onLost) } = options;
    this.slots = Array.from(
      { length: options.workers },
      () =>
        new WorkerSlot({
          startWorker,
          take: () => this.take(),
          memoryBytes: options.memoryBytes,
          pingAfterMs: options.pingAfterMs ?? 10_000,
          minPauseMs: options.minPauseMs ?? 100,
          maxPauseMs: options.maxPauseMs ?? 5000,
          onReplaced: (reason, message) => this.replaced(reason, message),
        }),
    );
  }

  async load(spec: ModelSpec): Promise<ModelFacts> {
    if (this.closed) throw new Error('inference was closed');
    const facts = await allEnded(this.slots.map((slot) => slot.load(spec)));
    const first = facts[0]!;
    if (!facts.every((other) => isDeepStrictEqual(other, first)))
      throw new Error(
        `cannot load the model in ${spec.folder}: its files change, workers found different ones`,
      );
    this.models.set(spec.id, { spec, facts: first });
    return first;
  }

  submit(model: string, inputs: readonly ModelInput[], call: ModelCall): readonly Promise<Float32Array>[] {
    if (!this.models.has(model)) throw new Error(`no model ${model} is loaded`);
    const submission = new Submission(call.signal, (task) => this.left(task));
    const refusal = this.refusalOf(call);
    const results = inputs.map((input) => {
      const result = new Promise<Float32Array>((resolve, reject) => {
        const waiter: Waiter = { submission, resolve, reject };
        const [task, failure] = this.taskFor(model, input, call.namespace, refusal);
        submission.wait(task, waiter);
        if (failure !== undefined) task.reject(...failure);
      });
      return handled(result);
    });
    this.wake();
    return results;
  }

  status(): InferenceStatus {
    return {
      workers: this.slots.map((slot) => slot.status()),
      models: [...this.models].map(([id, { facts }]) => ({
        id,
        file: facts.file,
        dimension: facts.dimension,
      })),
      queued: this.queue.size,
    };
  }

  close(): Promise<void> {
    this.closed ??= this.end();
    return this.closed;
  }

  private async end(): Promise<void> {
    this.rejectWaiting('closed', 'inference was closed');
    const ended = Promise.all(this.slots.map((slot) => slot.close()));
    if (await withinTime(ended, this.options.closeTimeoutMs ?? 5000)) return;
    for (const slot of this.slots) slot.kill();
    await ended;
  }

  /** Why nothing is taken now. */
  private refusalOf({ signal }: ModelCall): Refusal | undefined {
    if (this.closed) return ['closed', 'inference was closed'];
    if (signal?.aborted) return ['late', 'the caller left before the model was asked'];
    if (this.isDown) return ['failed', 'no inference worker can be started'];
    return undefined;
  }

  /** The task of an input, in flight already or new; with a refusal it is one that nobody else sees. */
  private taskFor(
    model: string,
    input: ModelInput,
    namespace: string,
    refusal: Refusal | undefined,
  ): [Task, Refusal?] {
    const { spec, facts } = this.models.get(model)!;
    const same = refusal === undefined ? this.inFlight.find(namespace, model, input) : undefined;
    if (same !== undefined && same.waiters.size < MAX_WAITERS) return [same];
    const tokens = estimateTokens(input, facts, spec);
    const task = new Task(namespace, model, input, tokens, (outcome) =>
      this.options.events?.inputEnded?.(outcome),
    );
    if (refusal !== undefined) return [task, refusal];
    if (same !== undefined) return [task, ['overloaded', 'too many wait for the same text']];
    if (!this.queue.add(task)) return [task, ['overloaded', 'the queue for models is full']];
    this.inFlight.add(task);
    return [task];
  }

  /** A batch for a worker: while little waits, no more than its share of that. */
  private take(): Batch | undefined {
    const share = Math.ceil(this.queue.size / this.slots.length);
    const tasks = this.queue.take(share, (model) => this.models.get(model)!.spec.batchTokens);
    if (tasks.length === 0) return undefined;
    const startedAt = this.options.clock.now();
    return {
      model: tasks[0]!.model,
      inputs: tasks.map(({ input }) => input),
      done: (results) => {
        const seconds = (this.options.clock.now() - startedAt) / 1000;
        this.options.events?.batchRun?.(seconds);
        for (const [index, task] of tasks.entries()) this.finish(task, results[index]!);
      },
      threw: ({ message }) => {
        if (tasks.length === 1) this.fail(tasks[0]!, `the model failed at this text (${message})`);
        else for (const task of tasks) task.isSuspect = true;
        this.again(tasks);
      },
      lost: (loss) => {
        for (const task of tasks) this.countLoss(task, loss);
        this.again(tasks);
      },
    };
  }

  private finish(task: Task, result: Float32Array | InputFailure): void {
    const { dimension } = this.models.get(task.model)!.facts;
    if (!(result instanceof Float32Array)) this.fail(task, result.failure);
    else if (result.length !== dimension)
      this.fail(task, `the model gave ${result.length} numbers, not ${dimension}`);
    else {
      this.inFlight.delete(task);
      task.resolve(result);
    }
  }

  private fail(task: Task, message: string): void {
    this.inFlight.delete(task);
    task.reject('failed', message);
  }

  private countLoss(task: Task, { reason, message }: WorkerLost): void {
    if (reason === 'killed') task.kills += 1;
    else task.losses += 1;
    task.isSuspect ||= task.kills + task.losses >= 2;
    if (task.losses >= MAX_LOSSES || task.kills >= MAX_KILLS) this.fail(task, message);
  }

  /** What somebody still waits for is tried once more, before all others; suspects each alone. */
  private again(tasks: readonly Task[]): void {
    const wanted = tasks.filter(({ waiters }) => waiters.size > 0);
    for (const task of tasks) if (task.waiters.size === 0) this.inFlight.delete(task);
    if (this.closed) {
      for (const task of wanted) {
        this.inFlight.delete(task);
        task.reject('closed', 'inference was closed');
      }
      return;
    }
    const together = wanted.filter(({ isSuspect }) => !isSuspect);
    if (together.length > 0) this.queue.putBack(together);
    for (const task of wanted) if (task.isSuspect) this.queue.putBack([task]);
    this.wake();
  }

  /** Somebody left; what nobody waits for any more is not begun. */
  private left(task: Task): void {
    if (task.waiters.size > 0 || !this.queue.remove(task)) return;
    this.inFlight.delete(task);
  }

  private replaced(reason: LossReason | 'memory', message: string): void {
    this.options.events?.workerReplaced?.(reason, message);
    if (this.isDown) this.rejectWaiting('failed', 'no inference worker can be started');
  }

  private get isDown(): boolean {
    return this.slots.every((slot) => slot.isDown);
  }

  private wake(): void {
    for (const slot of this.slots) slot.wake();
  }

  private rejectWaiting(failure: ModelFailure, message: string): void {
    for (const task of this.queue.clear()) {
      this.inFlight.delete(task);
      task.reject(failure, message);
    }
  }
}

type Refusal = readonly [failure: ModelFailure, message: string];
