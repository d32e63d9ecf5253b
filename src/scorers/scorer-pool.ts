import { AppError } from '../base/errors.js';
import type { Scorer } from './scorer.js';

/** A scorer for as long as somebody needs it. */
export interface LentScorer {
  readonly scorer: Scorer;
  /** Longest a request waits for it, in milliseconds; undefined = as the settings say. */
  readonly waitMs?: number | undefined;
  /** Whether the one who borrowed it would be given the same again. */
  isCurrent(): boolean;
  /** It is not used any more. */
  giveBack(): void;
}

/** A scorer with what it is made of. */
export interface OpenedScorer {
  readonly scorer: Scorer;
  readonly waitMs?: number | undefined;
  close(): Promise<void>;
}

interface Shared {
  readonly opened: Promise<OpenedScorer>;
  users: number;
}

/** Most scorers besides the usual one: those nobody uses any more are closed, used least recently first. */
const MAX_SCORERS = 256;

/** Scorers that are opened when somebody needs them, one for all who ask by the same key. */
export class ScorerPool {
  /** In the order in which they were last lent. */
  private readonly shared = new Map<string, Shared>();
  private readonly closing = new Set<Promise<void>>();
  private isClosed = false;

  constructor(
    private readonly onCloseFailed: (error: Error) => void,
    private readonly maxScorers = MAX_SCORERS,
  ) {}

  /** How many are open. */
  get size(): number {
    return this.shared.size;
  }

  /**
   * Lends the scorer of a key; to be given back, once. Rejects with `AppError` 503 where all of so many are in use, and as
   * `open` does; the next who asks tries again.
   */
  async lend(
    key: string,
    open: () => Promise<OpenedScorer>,
  ): Promise<Pick<LentScorer, 'scorer' | 'waitMs' | 'giveBack'>> {
    if (this.isClosed) throw new AppError('UNAVAILABLE', 'The server is shutting down');
    const shared = this.shared.get(key) ?? this.start(key, open);
    shared.users++;
    this.shared.delete(key);
    this.shared.set(key, shared);
    let isLent = true;
    const giveBack = (): void => {
      if (isLent) shared.users--;
      isLent = false;
    };
    try {
      const { scorer, waitMs } = await shared.opened;
      return { scorer, waitMs, giveBack };
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  /** Closes all, also those in use. */
  async close(): Promise<void> {
    this.isClosed = true;
    for (const shared of this.shared.values()) this.end(shared);
    this.shared.clear();
    await Promise.all(this.closing);
  }

  private start(key: string, open: () => Promise<OpenedScorer>): Shared {
    this.makeRoom();
    const shared: Shared = { opened: Promise.resolve().then(open), users: 0 };
    this.shared.set(key, shared);
    shared.opened.catch(() => {
      if (this.shared.get(key) === shared) this.shared.delete(key);
    });
    return shared;
  }

  private makeRoom(): void {
    if (this.shared.size < this.maxScorers) return;
    for (const [key, shared] of this.shared) {
      if (shared.users > 0) continue;
      this.shared.delete(key);
      this.end(shared);
      return;
    }
    throw new AppError(
      'UNAVAILABLE',
      `Namespaces use ${this.maxScorers} different scorers, and no more can be open`,
    );
  }

  private end({ opened }: Shared): void {
    const closed = opened
      .then(
        (one) => one.close(),
        () => undefined, // It was never open, which whoever borrowed it knows.
      )
      .catch((error: Error) => this.onCloseFailed(error))
      .finally(() => this.closing.delete(closed));
    this.closing.add(closed);
  }
}
