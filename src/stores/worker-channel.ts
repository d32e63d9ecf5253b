import { Worker } from 'node:worker_threads';
import type { Clock } from '../base/clock.js';
import { StorageError, type StorageFailure } from './store.js';

/** From the main thread to the worker. The call named `close` is always let through. */
export type Posted<Call> = readonly [id: number, call: Call];

/** What became of a call, from the worker to the main thread. */
export type Answered =
  | readonly ['done', id: number, value: unknown]
  | readonly ['failed', id: number, failure: StorageFailure, message: string];

export interface WorkerChannelOptions<Call, Report = never> {
  readonly location: URL;
  /** Handed to every worker that is started; must be cloneable. */
  readonly workerData: unknown;
  readonly clock: Clock;
  /** Most calls waiting for an answer. */
  readonly maxCalls: number;
  /** Most that is waiting, as `lengthOf` measures it; one call alone may have more. */
  readonly maxLength: number;
  /** Of what a call carries: a measure of the memory it takes while it waits. */
  readonly lengthOf: (call: Call) => number;
  /** Told of what the worker says besides answers. */
  readonly onReport?: (report: Report) => void;
}

interface Waiting {
  readonly length: number;
  resolve(value: unknown): void;
  reject(error: StorageError): void;
}

/** Least time between two starts of a worker. */
const RESTART_INTERVAL_MS = 500;

/**
 * Sends calls to a worker thread and gives each its answer, in order. A worker that dies takes the calls under way with
 * it (they reject with `io`) and is replaced at the next call. The queue is bounded in calls and length; over it
 * calls reject at once. An idle worker does not keep the process alive.
 */
export class WorkerChannel<
  Call extends readonly [name: string, ...unknown[]],
  Report extends readonly unknown[] = never,
> {
  private worker: Worker | undefined;
  private startedAt = Number.NEGATIVE_INFINITY;
  private lastId = 0;
  private waitingLength = 0;
  private readonly waiting = new Map<number, Waiting>();

  constructor(private readonly options: WorkerChannelOptions<Call, Report>) {}

  post(call: Call): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const length = this.options.lengthOf(call);
      if (call[0] !== 'close') this.admit(length);
      const worker = this.runningWorker();
      this.lastId += 1;
      this.waiting.set(this.lastId, { length, resolve, reject });
      this.waitingLength += length;
      worker.ref();
      worker.postMessage([this.lastId, call] satisfies Posted<Call>);
    });
  }

  /** Ends the worker; what still waits is lost. */
  async stop(): Promise<void> {
    const { worker } = this;
    this.worker = undefined;
    await worker?.terminate();
  }

  private admit(length: number): void {
    const { maxCalls, maxLength } = this.options;
    const isFull =
      this.waiting.size >= maxCalls ||
      (length > 0 && this.waiting.size > 0 && this.waitingLength + length > maxLength);
    if (isFull) throw new StorageError('io', 'store queue full');
  }

  private runningWorker(): Worker {
    if (this.worker) return this.worker;
    const now = this.options.clock.now();
    if (now - this.startedAt < RESTART_INTERVAL_MS) throw new StorageError('io', 'the store worker stopped');
    this.startedAt = now;
    // Without the flags of this process: some (`--input-type`) keep a worker from starting.
    const worker = new Worker(this.options.location, { workerData: this.options.workerData, execArgv: [] });
    this.worker = worker;
    worker.on('message', (message: Answered | Report) => this.receive(message));
    worker.on('error', (cause: Error) => this.lose(worker, cause));
    worker.on('exit', () => this.lose(worker));
    return worker;
  }

  private receive(message: Answered | Report): void {
    if (!isAnswer(message)) {
      this.options.onReport?.(message);
      return;
    }
    const call = this.waiting.get(message[1]);
    if (!call) return;
    this.waiting.delete(message[1]);
    this.waitingLength -= call.length;
    if (this.waiting.size === 0) this.worker?.unref();
    if (message[0] === 'done') call.resolve(message[2]);
    else call.reject(new StorageError(message[2], message[3]));
  }

  private lose(worker: Worker, cause?: Error): void {
    if (this.worker !== worker) return;
    this.worker = undefined;
    const lost = [...this.waiting.values()];
    this.waiting.clear();
    this.waitingLength = 0;
    const error = new StorageError('io', 'the store worker stopped', { cause });
    for (const call of lost) call.reject(error);
  }
}

function isAnswer(message: Answered | readonly unknown[]): message is Answered {
  return message[0] === 'done' || message[0] === 'failed';
}
