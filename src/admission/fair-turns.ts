import { AppError } from '../base/errors.js';

/** How turns are given. */
export interface FairTurnsOptions {
  /** Turns that are out at the same time, ≥ 1. */
  readonly slots: number;
  /** Most of one namespace that wait. */
  readonly queueMax: number;
  /** Longest wait. */
  readonly waitMs: number;
  /** A wait ended, however. */
  readonly onWaited?: (namespace: string, waitedMs: number) => void;
  /** Too many waited, or for too long. */
  readonly onRefused?: (namespace: string) => void;
  readonly clock: { now(): number };
}

/** One that waits for its turn. */
interface Waiting {
  give(): void;
  refuse(error: Error): void;
}

interface Share {
  held: number;
  /** In the order they came. */
  readonly waiting: Set<Waiting>;
}

/**
 * Turns for what all namespaces have to share. A namespace may hold at most as many as are free, and always one (dynamic
 * thresholds, Choudhury and Hahne 1998): one that takes all it can get leaves half to the others, two a third, and so on.
 * Those who wait are served in rounds, one of each namespace, within a namespace in the order they came: whoever waits
 * with nothing held is served after at most one turn of every other namespace. Nobody waits who could go on.
 */
export class FairTurns {
  private readonly shares = new Map<string, Share>();
  /** Namespaces in which somebody waits; the next to be served first. */
  private readonly round = new Set<string>();
  private out = 0;
  private waitingCount = 0;

  constructor(private readonly options: FairTurnsOptions) {}

  /** How many wait, in all namespaces. */
  get waiting(): number {
    return this.waitingCount;
  }

  /** How many are out. */
  get held(): number {
    return this.out;
  }

  /**
   * A turn, at once where there is one; resolves with what gives it back (calling that again does nothing). Rejects with
   * `AppError` 503 where too many wait, after `waitMs`, or once `signal` aborts.
   */
  take(namespace: string, signal: () => AbortSignal): (() => void) | Promise<() => void> {
    let share = this.shares.get(namespace);
    if (share === undefined) {
      share = { held: 0, waiting: new Set() };
      this.shares.set(namespace, share);
    }
    if (share.waiting.size === 0 && this.mayTake(share)) return this.give(namespace, share);
    if (share.waiting.size >= this.options.queueMax) {
      this.dropUnused(namespace, share);
      this.options.onRefused?.(namespace);
      return Promise.reject(tooMany());
    }
    return this.wait(namespace, share, signal());
  }

  private mayTake({ held }: Share): boolean {
    const free = this.options.slots - this.out;
    return free > 0 && held < Math.max(1, free);
  }

  private give(namespace: string, share: Share): () => void {
    share.held += 1;
    this.out += 1;
    let isOut = true;
    return () => {
      if (!isOut) return;
      isOut = false;
      share.held -= 1;
      this.out -= 1;
      this.dropUnused(namespace, share);
      this.serve();
    };
  }

  private wait(namespace: string, share: Share, signal: AbortSignal): Promise<() => void> {
    const { clock, waitMs, onWaited, onRefused } = this.options;
    return new Promise((resolve, reject) => {
      const since = clock.now();
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', leave);
        share.waiting.delete(waiting);
        this.waitingCount -= 1;
        if (share.waiting.size === 0) this.round.delete(namespace);
        onWaited?.(namespace, clock.now() - since);
      };
      const waiting: Waiting = {
        give: () => {
          end();
          resolve(this.give(namespace, share));
        },
        refuse: (error) => {
          end();
          this.dropUnused(namespace, share);
          reject(error);
        },
      };
      const leave = (): void =>
        waiting.refuse(new AppError('UNAVAILABLE', 'The caller left while it waited'));
      const timer = setTimeout(() => {
        onRefused?.(namespace);
        waiting.refuse(tooMany());
      }, waitMs);
      share.waiting.add(waiting);
      this.waitingCount += 1;
      this.round.add(namespace);
      if (signal.aborted) leave();
      else signal.addEventListener('abort', leave, { once: true });
    });
  }

  /** Gives out what can be given. Cost: namespaces that wait and hold more than is free, which are fewer than slots. */
  private serve(): void {
    let passedOver = 0;
    while (this.out < this.options.slots && passedOver < this.round.size) {
      const [namespace] = this.round;
      const share = this.shares.get(namespace!)!;
      // To the end of the round, whether it is served or holds its share already.
      this.round.delete(namespace!);
      this.round.add(namespace!);
      if (this.mayTake(share)) {
        const [first] = share.waiting;
        first!.give();
        passedOver = 0;
      } else passedOver += 1;
    }
  }

  private dropUnused(namespace: string, { held, waiting }: Share): void {
    if (held === 0 && waiting.size === 0) this.shares.delete(namespace);
  }
}

function tooMany(): AppError {
  return new AppError('UNAVAILABLE', 'Too many requests wait to be scored; try again');
}
