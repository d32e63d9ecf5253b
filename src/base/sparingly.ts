import { LRUCache } from 'lru-cache';
import type { Clock } from './clock.js';

/** Most kinds of message told apart; of more the least recent is told anew when it comes again. */
const MAX_KINDS = 1000;

/**
 * Decides which of many equal messages are logged: the first of a kind, then at most one in each interval, with the
 * number held back since. For failures that come with every request while their cause lasts.
 */
export class Sparingly {
  private readonly turns = new LRUCache<string, { nextAt: number; held: number }>({ max: MAX_KINDS });

  constructor(
    private readonly clock: Clock,
    private readonly intervalMs: number,
  ) {}

  /** The number held back since the last one, if it is this kind's turn; undefined = hold this one back too. */
  turn(kind: string): number | undefined {
    const turn = this.turns.get(kind) ?? { nextAt: Number.NEGATIVE_INFINITY, held: 0 };
    const now = this.clock.now();
    if (now < turn.nextAt) {
      this.turns.set(kind, { ...turn, held: turn.held + 1 });
      return undefined;
    }
    this.turns.set(kind, { nextAt: now + this.intervalMs, held: 0 });
    return turn.held;
  }
}
