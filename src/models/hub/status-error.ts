import type { Headers } from 'undici';
import type { Clock } from '../../base/clock.js';
import { parseRetryAfter } from '../../base/retry-after.js';
import type { HubAccess } from './hub-access.js';
import { HubError } from './hub-error.js';

/** Longest that a hub may ask us to wait before we give up instead, ms. */
export const LONGEST_WAIT_MS = 60_000;

const TRANSIENT = [408, 429, 500, 502, 503, 504];

interface FailedAnswer {
  /** Who answered so: the hub, or where it sent us. */
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly request: { readonly what: string };
  readonly access: HubAccess;
  readonly clock: Clock;
}

/** What a failed answer means to a person, and whether it is worth another try. */
export function statusError({ url, status, headers, request, access, clock }: FailedAnswer): HubError {
  const { what } = request;
  const { host, origin } = new URL(url);
  const message = `${host} answered ${status} for ${what}`;
  if (TRANSIENT.includes(status)) return transientError(message, headers, clock);
  // Links to other hosts are signed for a while: another request gets a new one.
  if (origin !== new URL(access.endpoint).origin) return new HubError(message, { isTransient: true });
  if (status === 401 || status === 403) return new HubError(refusal(what, host, headers, access));
  if (status === 404 || status === 410) return new HubError(`${host} has no such model or revision: ${what}`);
  return new HubError(message);
}

function transientError(message: string, headers: Headers, clock: Clock): HubError {
  const retryAfterMs = parseRetryAfter(headers.get('retry-after'), clock.now());
  if (retryAfterMs === undefined) return new HubError(message, { isTransient: true });
  if (retryAfterMs <= LONGEST_WAIT_MS) return new HubError(message, { isTransient: true, retryAfterMs });
  return new HubError(`${message}; it asks to wait ${Math.ceil(retryAfterMs / 1000)} s: try again then`);
}

function refusal(what: string, host: string, headers: Headers, { token }: HubAccess): string {
  const code = headers.get('x-error-code');
  if (code === 'GatedRepo') {
    const then = token === undefined ? ', then set HF_TOKEN' : '';
    return `${what}: its licence must be accepted on ${host} first${then}`;
  }
  if (token !== undefined) {
    return `${what}: the token in HF_TOKEN may not read it (is it right, and is the model's licence accepted on ${host}?)`;
  }
  const perhaps = code === 'RepoNotFound' ? 'has no such model, or a private one' : 'asks who wants it';
  return `${what}: ${host} ${perhaps}; it needs HF_TOKEN, and the model's licence accepted where it has one to accept`;
}
