import { ModelError } from '../../base/model-call.js';

interface Waiting {
  call(): void;
}

/**
 * Places for those who ask an upstream at once, and a bounded queue before them; namespaces take turns, and one may have half
 * of the queue.
 */
export class Turns {
  /** Who waits, by namespace, in the order of the turns. */
  private readonly queues = new Map<string, Set<Waiting>>();
  private free: number;
  private waiting = 0;

  constructor(
    maxConcurrent: number,
    private readonly maxQueued: number,
  ) {
    this.free = maxConcurrent;
  }

  /**
   * Runs the work when its turn comes. Rejects with `ModelError`: `overloaded` where the queue is full, `late` where the
   * signal aborts before.
   */
  async take<T>(namespace: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (signal.aborted) throw late();
    if (this.free > 0) this.free -= 1;
    else await this.wait(namespace, signal);
    try {
      return await work();
    } finally {
      this.pass();
    }
  }

  private wait(namespace: string, signal: AbortSignal): Promise<void> {
    const queue = this.queues.get(namespace) ?? new Set();
    const isFull = this.waiting >= this.maxQueued || queue.size >= Math.ceil(this.maxQueued / 2);
    if (isFull) throw new ModelError('overloaded', 'too many requests wait for the upstream already');
    this.queues.set(namespace, queue);
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.leave(namespace, queue, waiting);
        reject(late());
      };
      const waiting: Waiting = {
        call() {
          signal.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      queue.add(waiting);
      this.waiting += 1;
    });
  }

  /** Gives the place to the namespace whose turn it is, which stands last in line afterwards. */
  private pass(): void {
    const next = this.queues.entries().next();
    if (next.done) {
      this.free += 1;
      return;
    }
    const [namespace, queue] = next.value;
    const [waiting] = queue as unknown as [Waiting];
    this.leave(namespace, queue, waiting);
    if (this.queues.delete(namespace)) this.queues.set(namespace, queue);
    waiting.call();
  }

  private leave(namespace: string, queue: Set<Waiting>, waiting: Waiting): void {
    if (!queue.delete(waiting)) return;
    this.waiting -= 1;
    if (queue.size === 0 && this.queues.get(namespace) === queue) this.queues.delete(namespace);
  }
}

function late(): ModelError {
  return new ModelError('late', 'the upstream was not asked in time');
}
