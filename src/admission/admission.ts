import type { Socket } from 'node:net';

/**
 * What a request does in its namespace. `query` ranks; `feedback` learns; `read` does neither. Every one counts as a
 * request; queries also as queries.
 */
export type Purpose = 'query' | 'feedback' | 'read';

/**
 * Decides whether a request may go on: the life of its namespace, its quotas and those of the families it is in. Asked
 * before the body is read. Costs about a microsecond where nobody has to wait.
 */
export interface Admission {
  /**
   * A permit, at once where it can be, or once there is room; to be given back with `leave`. Throws (or rejects with)
   * `AppError`: 404 unknown, 403 suspended, 409 in a state that does not allow it, 429 over a quota.
   */
  enter(namespace: string, purpose: Purpose, caller: Caller): Permit | Promise<Permit>;
}

/** Who makes a request. */
export interface Caller {
  /** Counts against `max_connections` of the namespace it was last used for. */
  readonly socket: Socket;
  /** Whose credentials these are; `anonymous` without. */
  readonly identity: string;
  /** Aborts when the caller goes away: it waits no longer. */
  signal(): AbortSignal;
  /** The namespace is being deleted and its patience is over: ends the request with this error. */
  expel(error: Error): void;
}

/** What a request was admitted with. */
export interface Permit {
  /** Largest that its body may ask for or bring; undefined = as the settings say. */
  readonly limits: {
    readonly maxResults?: number;
    readonly maxBatch?: number;
    readonly maxDimension?: number;
  };
  /** False: whatever it ranks is to leave nothing behind, as with `learn: false`. */
  readonly mayLearn: boolean;
  /** Flat list of names and values: `RateLimit`, `RateLimit-Policy`, warnings. Read when the answer leaves. */
  headers(): readonly string[];
  /**
   * The body has so many items: those beyond the first count too. Throws (or rejects with) `AppError`, having counted none
   * of them: 429, or 422 for more than may ever come at once; these do not wait
   * for a rate, whatever its action. At once, unless the day's count has to be on disk first.
   */
  charge(items: number): void | Promise<void>;
  /**
   * Takes more places among the concurrent queries, as many as are free now, and answers how many it has in all: from 1 to
   * `wanted`. So many items may be scored at the same time. To be asked once, when all have been charged.
   */
  places(wanted: number): number;
  /** A turn for scoring, fair between namespaces; resolves with what gives it back. Rejects with `AppError` 503 after a bounded wait. */
  turn(): (() => void) | Promise<() => void>;
  /** Gives back what it holds; a second call does nothing. */
  leave(): void;
}
