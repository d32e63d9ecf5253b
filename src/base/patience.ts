import { setMaxListeners } from 'node:events';

/** A signal that aborts when nobody waits any more; made when it is first asked for, since most requests never do. */
export type Patience = () => AbortSignal;

/** How long somebody waits for something that may take a while. */
export interface Wait {
  /** Aborts so many milliseconds after it was first asked for, or with the caller's. Always the same one. */
  readonly signal: Patience;
  /** The wait is over: lets go of the timer and of the caller's signal. To be called in any case. */
  end(): void;
}

/**
 * Not `AbortSignal.any` of a time-out and the caller's: in Node 20 nothing else holds such a time-out, and once it is
 * collected as garbage it never fires.
 */
export function startWait(timeoutMs: number, callers?: Patience): Wait {
  let controller: AbortController | undefined;
  let letGo = () => {};
  const start = (): AbortController => {
    const fresh = new AbortController();
    // Every part of a request that waits listens; they let go when they are done.
    setMaxListeners(0, fresh.signal);
    const timer = setTimeout(
      () => fresh.abort(new DOMException('The time for models is over', 'TimeoutError')),
      timeoutMs,
    );
    timer.unref();
    const caller = callers?.();
    const leave = () => fresh.abort(caller?.reason);
    if (caller?.aborted) leave();
    else caller?.addEventListener('abort', leave, { once: true });
    letGo = () => {
      clearTimeout(timer);
      caller?.removeEventListener('abort', leave);
    };
    return fresh;
  };
  return {
    signal() {
      controller ??= start();
      return controller.signal;
    },
    end: () => letGo(),
  };
}
