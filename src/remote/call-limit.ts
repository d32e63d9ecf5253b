import { setMaxListeners } from 'node:events';
import type { RemoteError } from './remote-error.js';

/**
 * Ends a call at its deadline, when its caller leaves, or when it is told to; `signal` carries the error. A caller whose
 * own time is up (`TimeoutError`, as of `AbortSignal.timeout`) is a deadline as well.
 */
export class CallLimit {
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private readonly onAbort: () => void;

  constructor(
    timeoutMs: number,
    private readonly callers: AbortSignal | undefined,
    errors: { late(): RemoteError; cancelled(): RemoteError },
  ) {
    // Each step of a call that waits listens, and there are tries.
    setMaxListeners(0, this.controller.signal);
    this.timer = setTimeout(() => this.stop(errors.late()), timeoutMs);
    this.onAbort = () => {
      const isLate = (callers?.reason as Error | undefined)?.name === 'TimeoutError';
      this.stop(isLate ? errors.late() : errors.cancelled());
    };
    if (callers?.aborted) this.onAbort();
    else callers?.addEventListener('abort', this.onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  stop(error: RemoteError): void {
    this.controller.abort(error);
  }

  /** What `work` gives, or rejects with the error as soon as the call is ended, whatever becomes of the work. */
  race<T>(work: Promise<T>): Promise<T> {
    const { signal } = this;
    const ended = new Promise<never>((_, reject) => {
      if (signal.aborted) reject(signal.reason);
      else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    return Promise.race([work, ended]);
  }

  /** The call is over. */
  release(): void {
    clearTimeout(this.timer);
    this.callers?.removeEventListener('abort', this.onAbort);
  }
}
