import type { StorageError } from './store.js';
import type { Answered, Posted } from './worker-channel.js';

/** What is opened before it is asked, and does what can wait; see `StoreEngine`. */
export interface Turning {
  open(): unknown;
  idle(): boolean;
}

/**
 * What the worker does, call by call: opens the engine before the first one (also in a worker that took another's place),
 * answers, and lets the engine do what can wait while nothing is asked.
 */
export class EngineTurns<Call extends readonly [name: string, ...unknown[]]> {
  private isOpen = false;
  private isIdling = false;

  constructor(
    private readonly engine: Turning,
    /** Carries out a call of the engine; what it answers can be cloned. Throws `StorageError`. */
    private readonly answer: (call: Call) => unknown,
    private readonly report: (message: Answered) => void,
    /** Runs something after the calls that have arrived. */
    private readonly later: (work: () => void) => unknown,
  ) {}

  take([id, call]: Posted<Call>): void {
    try {
      if (!this.isOpen && call[0] !== 'open' && call[0] !== 'close') this.engine.open();
      const answer = this.answer(call);
      this.isOpen = call[0] !== 'close';
      this.report(['done', id, answer]);
    } catch (cause) {
      const { failure, message } = cause as StorageError;
      this.report(['failed', id, failure ?? 'io', message]);
    }
    this.idleLater();
  }

  private idleLater(): void {
    if (this.isIdling || !this.isOpen) return;
    this.isIdling = true;
    this.later(() => {
      this.isIdling = false;
      if (this.isOpen && this.idle()) this.idleLater();
    });
  }

  /** A failure is not reported: the call that needs what failed here meets it itself. */
  private idle(): boolean {
    try {
      return this.engine.idle();
    } catch {
      return false;
    }
  }
}
