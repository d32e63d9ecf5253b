/**
 * Why a server gave no usable answer: `connect` no connection, or it broke; `timeout` not done in time; `status` it
 * answered, and refused; `body` what it answered is no JSON, or too long; `breaker` it failed again and again and is left
 * alone for a while; `overloaded` too many calls wait for it already; `cancelled` the caller left; `closed` the client was.
 */
export type RemoteFailure =
  | 'connect'
  | 'timeout'
  | 'status'
  | 'body'
  | 'breaker'
  | 'overloaded'
  | 'cancelled'
  | 'closed';

export interface RemoteErrorOptions extends ErrorOptions {
  /** With `status` alone. */
  readonly status?: number | undefined;
  /** How long the server asks to be left alone (`Retry-After`), or with `breaker` is at most; milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** With `status`: how the server worded it, cut short, where somebody wants to know. */
  readonly refusal?: string | undefined;
  /** Whether this is a sign that the server is not well, as the circuit breaker counts it. Default: as the kind says. */
  readonly isServersFault?: boolean;
}

/** A server that gave no usable answer. The message names server and cause, never what was sent, received or signed with. */
export class RemoteError extends Error {
  override readonly name = 'RemoteError';
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly isServersFault: boolean;
  /** Not a field, which a log would show: it may repeat what was sent. */
  readonly #refusal: string;

  constructor(
    readonly kind: RemoteFailure,
    message: string,
    { status, retryAfterMs, refusal = '', isServersFault, ...options }: RemoteErrorOptions = {},
  ) {
    super(message, options);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
    this.#refusal = refusal;
    this.isServersFault = isServersFault ?? isFault(kind, status);
  }

  /** How the server worded its refusal, cut short; empty unless the client was told to keep it. Not for logs. */
  get refusal(): string {
    return this.#refusal;
  }
}

/** Refusals below 500 come from a server that is well. */
function isFault(kind: RemoteFailure, status = 0): boolean {
  return kind === 'connect' || kind === 'timeout' || kind === 'body' || status >= 500;
}
