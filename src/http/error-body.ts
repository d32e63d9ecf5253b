import { AppError } from '../base/errors.js';
import type { ErrorForm } from './dialects/dialect.js';
import type { Spoken } from './dialects/registry.js';

/** Seconds a caller is asked to wait after a 503. */
const RETRY_AFTER_S = 5;
/** Longest a caller is asked to wait, whatever an upstream says. */
const LONGEST_RETRY_AFTER_S = 86_400;

/** The envelope of every native error: `{"error":{code,message,detail}}` as JSON text. */
export function errorBody(error: AppError): string {
  return JSON.stringify({ error: errorFields(error) });
}

/** The envelope as what dialects have for theirs. */
export const nativeError: ErrorForm = (error) => ({ status: error.status, body: errorBody(error) });

/** How errors read in an API. */
export function errorFormOf(spoken: Spoken): ErrorForm {
  return spoken === 'native' ? nativeError : spoken.error;
}

/** The inner part of the envelope, also used for the items of a batch. */
export function errorFields(error: AppError): { code: string; message: string; detail: unknown } {
  return { code: error.code, message: error.message, detail: error.detail ?? null };
}

/** Headers that belong to an error, as a flat list of names and values. `Allow` of a 405 is added by who knows the methods. */
export function errorHeaders(error: AppError): string[] {
  if (error.retryAfterS !== undefined)
    return ['Retry-After', String(Math.min(LONGEST_RETRY_AFTER_S, Math.ceil(error.retryAfterS)))];
  switch (error.code) {
    case 'UNAUTHORIZED':
      return ['WWW-Authenticate', 'Bearer realm="neuralcache"'];
    case 'UNAVAILABLE':
      return ['Retry-After', String(RETRY_AFTER_S)];
    case 'UNSUPPORTED_MEDIA_TYPE':
      return ['Accept', 'application/json', 'Accept-Encoding', 'gzip, deflate, br'];
    default:
      return [];
  }
}

/**
 * Any thrown thing as an error fit to be shown. What is not an `AppError` says nothing about itself: its message could
 * hold text of a document, a path or a secret.
 */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  return new AppError('INTERNAL_ERROR', 'Internal error', null, { cause: thrown });
}
