/** A signal that aborts when nobody waits any more; made when it is first asked for, since most requests never do. */
export type Patience = () => AbortSignal;

/** Aborts so many milliseconds after it was first asked for, or with the caller's. Asked again it gives the same signal. */
export function patience(timeoutMs: number, callers?: Patience): Patience {
  let signal: AbortSignal | undefined;
  return () => {
    signal ??= withTimeout(timeoutMs, callers?.());
    return signal;
  };
}

function withTimeout(timeoutMs: number, callers: AbortSignal | undefined): AbortSignal {
  const timeout = AbortSignal.timeout(timeoutMs);
  return callers === undefined ? timeout : AbortSignal.any([timeout, callers]);
}
