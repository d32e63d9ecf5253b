import { ManualClock } from '../../src/base/clock.js';
import type { ModelError } from '../../src/base/model-call.js';
import { InferencePool, type PoolOptions } from '../../src/inference/pool.js';
import { FakeWorkers, SPEC, settled } from '../fixtures/fake-model-workers.js';

/** How an input ended: its vector, or the failure. */
export type Ended = string | readonly number[];

/** A pool over workers without processes. Pauses between starts are a millisecond. */
export class FakePool {
  readonly workers = new FakeWorkers();
  /** What the pool told, in order: outcomes of inputs, `run SECONDS`, `replaced REASON`. */
  readonly events: string[] = [];
  readonly clock = new ManualClock();
  readonly pool: InferencePool;

  constructor(options: Partial<PoolOptions> = {}) {
    this.pool = new InferencePool({
      workers: 1,
      maxQueueInputs: 100,
      memoryBytes: 1_000_000,
      loadTimeoutMs: 1000,
      runTimeoutMs: 1000,
      minPauseMs: 1,
      maxPauseMs: 1,
      closeTimeoutMs: 1,
      clock: this.clock,
      events: {
        inputEnded: (outcome) => this.events.push(outcome),
        batchRun: (seconds) => this.events.push(`run ${seconds}`),
        workerReplaced: (reason) => this.events.push(`replaced ${reason}`),
      },
      startWorker: this.workers.start,
      ...options,
    });
  }

  /** One that has loaded `SPEC`. */
  static async open(options: Partial<PoolOptions> = {}): Promise<FakePool> {
    const home = new FakePool(options);
    await home.pool.load(SPEC);
    await settled();
    return home;
  }

  /** Submits texts; answers how each ended. */
  submit(
    texts: readonly string[],
    { namespace = 'a', signal }: { namespace?: string; signal?: AbortSignal } = {},
  ): Promise<Ended[]> {
    const inputs = texts.map((text) => ({ text }));
    const results = this.pool.submit(SPEC.id, inputs, { namespace, signal });
    return Promise.all(
      results.map((result) =>
        result.then(
          (vector) => [...vector],
          ({ failure }: ModelError) => failure,
        ),
      ),
    );
  }

  /** Until a worker has begun a run, if anything waits for one. */
  async untilRunning(): Promise<void> {
    while (this.workers.runs.length === 0 && this.pool.status().queued > 0) await settled();
  }
}
