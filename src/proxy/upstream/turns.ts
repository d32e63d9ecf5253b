import { ModelError } from '../../base/model-call.js';

interface Waiting {
  call(): void;
}

/** Of the places, to one namespace: its requests may hang, and others still have theirs answered. */
const PLACE_SHARE = 0.75;

/**
 * Places for those who ask an upstream at once, and a bounded queue before them; namespaces take turns, and one may have
 * three quarters of the places (one, where there is one) and half of the queue.
 */
export class Turns {
  /** Who waits, by namespace, in the order of the turns. */
  private readonly queues = new Map<string, Set<Waiting>>();
  /** Places taken, by namespace; none is at 0. */
  private readonly held = new Map<string, number>();
  private readonly mostHeld: number;
  private free: number;
  private waiting = 0;

  constructor(
    maxConcurrent: number,
    private readonly maxQueued: number,
  ) {
    this.free = maxConcurrent;
    this.mostHeld = Math.max(1, Math.floor(PLACE_SHARE * maxConcurrent));
  }

  /**
   * Runs the work when its turn comes. Rejects with `ModelError`: `overloaded` where the queue is full, `late` where the
   * signal aborts before.
   */
  async take<T>(namespace: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (signal.aborted) throw late();
    if (this.mayHold(namespace)) this.hold(namespace);
    else await this.wait(namespace, signal);
    try {
      return await work();
    } finally {
      this.giveBack(namespace);
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

  private mayHold(namespace: string): boolean {
    return this.free > 0 && (this.held.get(namespace) ?? 0) < this.mostHeld;
  }

  private hold(namespace: string): void {
    this.free -= 1;
    this.held.set(namespace, (this.held.get(namespace) ?? 0) + 1);
  }

  private giveBack(namespace: string): void {
    this.free += 1;
    const held = this.held.get(namespace)! - 1;
    if (held === 0) this.held.delete(namespace);
    else this.held.set(namespace, held);
  }

  /**
   * Gives a place that was given back to the first namespace in line that may have one more; it stands last afterwards. At
   * most one is passed over, since no two can have all they may while a place is free.
   */
  private pass(): void {
    for (const [namespace, queue] of this.queues) {
      if (!this.mayHold(namespace)) continue;
      const [waiting] = queue as unknown as [Waiting];
      this.hold(namespace);
      this.leave(namespace, queue, waiting);
      if (this.queues.delete(namespace)) this.queues.set(namespace, queue);
      waiting.call();
      return;
    }
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
