import type { IncomingHttpHeaders } from 'node:http';

const MAX_LENGTH = 128;
/** W3C Trace Context, version 00 and those that look like it. */
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
const NOT_VISIBLE_ASCII = /[^\x21-\x7e]/g;

/** What a caller calls its request, for the log only: `X-Request-Id` cut to 128 characters with all but visible ASCII replaced by `?`. */
export function callerRequestId(headers: IncomingHttpHeaders): string | undefined {
  const id = headers['x-request-id'];
  if (typeof id !== 'string' || id === '') return undefined;
  return id.slice(0, MAX_LENGTH).replace(NOT_VISIBLE_ASCII, '?');
}

/** The call that a request is part of: `traceparent`, if it is one. */
export function traceparentOf(headers: IncomingHttpHeaders): string | undefined {
  const trace = headers.traceparent;
  return typeof trace === 'string' && TRACEPARENT.test(trace) ? trace : undefined;
}
