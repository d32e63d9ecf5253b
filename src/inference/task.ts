import { ModelError, type ModelFailure } from '../base/model-call.js';
import type { Queued } from './batch-queue.js';
import type { ModelInput } from './loaded-model.js';

/** How a caller's input ended: `joined` got the result that was computed for another caller. */
export type InputOutcome = 'done' | 'joined' | ModelFailure;

/** One caller who waits for one input. */
export interface Waiter {
  readonly submission: Submission;
  resolve(result: Float32Array): void;
  reject(error: ModelError): void;
}

/** One input to compute, with all who wait for it. */
export class Task implements Queued {
  readonly waiters = new Set<Waiter>();
  /** Workers it took with it, or might have: they crashed or hung. */
  losses = 0;
  /** Workers that were killed from outside while they had it. */
  kills = 0;
  /** Whether it must not share a batch, because it may be what breaks them. */
  isSuspect = false;

  constructor(
    readonly namespace: string,
    readonly model: string,
    readonly input: ModelInput,
    readonly tokens: number,
    private readonly onEnded: (outcome: InputOutcome) => void,
  ) {}

  /** Everybody gets a vector of their own. */
  resolve(result: Float32Array): void {
    let outcome: InputOutcome = 'done';
    for (const waiter of this.waiters) {
      waiter.submission.forget(waiter);
      waiter.resolve(outcome === 'done' ? result : result.slice());
      this.onEnded(outcome);
      outcome = 'joined';
    }
    this.waiters.clear();
  }

  reject(failure: ModelFailure, message: string): void {
    for (const waiter of [...this.waiters]) this.leave(waiter, failure, message);
  }

  /** One caller gets nothing; the others wait on. */
  leave(waiter: Waiter, failure: ModelFailure, message: string): void {
    if (!this.waiters.delete(waiter)) return;
    waiter.submission.forget(waiter);
    waiter.reject(new ModelError(failure, message));
    this.onEnded(failure);
  }
}

/** The inputs of one call that are not done yet. They share the call's signal, which has one listener for all of them. */
export class Submission {
  private readonly open = new Map<Waiter, Task>();
  private readonly abort = () => {
    for (const [waiter, task] of [...this.open]) {
      task.leave(waiter, 'late', 'the model was not done in time');
      this.onLeft(task);
    }
  };

  constructor(
    private readonly signal: AbortSignal | undefined,
    private readonly onLeft: (task: Task) => void,
  ) {}

  wait(task: Task, waiter: Waiter): void {
    if (this.open.size === 0) this.signal?.addEventListener('abort', this.abort, { once: true });
    this.open.set(waiter, task);
    task.waiters.add(waiter);
  }

  forget(waiter: Waiter): void {
    this.open.delete(waiter);
    if (this.open.size === 0) this.signal?.removeEventListener('abort', this.abort);
  }
}
