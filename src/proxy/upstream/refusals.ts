import { AppError, type ErrorCode } from '../../base/errors.js';
import type { ModelError } from '../../base/model-call.js';
import { RemoteError } from '../../remote/remote-error.js';
import { field } from './read-rows.js';

/** Refusals that are the caller's business where the credentials are the caller's. */
const CALLERS: Readonly<Record<number, ErrorCode>> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  422: 'VALIDATION_ERROR',
};
/** Of these it is said that they were, and no more: servers like to repeat keys. */
const OF_KEYS = [401, 403];
const MOST_CHARACTERS = 300;
/** When to come again to a queue that was full, in seconds. */
const SOON_S = 1;

/**
 * What a caller is told whose own credentials, or what was sent with them, the upstream refused; undefined where the cause is
 * none of the caller's business. Its wording is passed on unless that holds any of `hidden`.
 */
export function callersRefusal(cause: unknown, hidden: readonly string[]): AppError | undefined {
  if (!(cause instanceof RemoteError) || cause.status === undefined) return undefined;
  const code = CALLERS[cause.status];
  if (code === undefined) return undefined;
  const words = OF_KEYS.includes(cause.status) ? '' : wordsOf(cause.refusal);
  const isFit = words !== '' && !hidden.some((secret) => secret !== '' && words.includes(secret));
  const message = `The upstream refused with status ${cause.status}`;
  return new AppError(code, isFit ? `${message}: ${words}` : message);
}

/**
 * What a caller is told where nothing may stand in for the upstream (`UPSTREAM_FALLBACK=fail`). Says nothing of where the
 * upstream is and what it said.
 */
export function upstreamFailure(error: ModelError): AppError {
  const { cause, failure } = error;
  const remote = cause instanceof RemoteError ? cause : undefined;
  const { retryAfterMs } = remote ?? {};
  const retryAfterS = retryAfterMs === undefined ? undefined : Math.ceil(retryAfterMs / 1000);
  if (remote?.status === 429) {
    const wait = retryAfterS === undefined ? {} : { retryAfterS };
    return new AppError('RATE_LIMITED', 'The upstream takes no more requests for now', null, {
      cause: error,
      ...wait,
    });
  }
  // Of these the upstream knows nothing.
  if (failure === 'overloaded' || remote?.kind === 'breaker')
    return new AppError('UNAVAILABLE', 'The upstream is asked for nothing more just now', null, {
      cause: error,
      retryAfterS: retryAfterS ?? SOON_S,
    });
  if (failure === 'late')
    return new AppError('UPSTREAM_TIMEOUT', 'The upstream did not answer in time', null, { cause: error });
  return new AppError('UPSTREAM_ERROR', 'The upstream gave no usable answer', null, { cause: error });
}

/** The sentence in a refusal, as APIs write it, on one line and cut short; empty where there is none. */
function wordsOf(refusal: string): string {
  const body = parse(refusal);
  const error = field(body, 'error');
  const found = [field(body, 'message'), field(body, 'detail'), error, field(error, 'message')].find(
    (words) => typeof words === 'string',
  );
  return ((found as string | undefined) ?? '')
    .replace(/[\s\p{C}]+/gu, ' ')
    .trim()
    .slice(0, MOST_CHARACTERS);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
