import type { IncomingHttpHeaders } from 'node:http';

const MAX_LENGTH = 128;
/** W3C Trace Context, version 00 and those that look like it. */
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
const NOT_VISIBLE_ASCII = /[^\x21-\x7e]/g;

/**
 * The ids a caller gave its request, for the log only: `X-Request-Id` cut to 128 characters with all but visible ASCII
 * replaced by `?`, and `traceparent` if it is one. Empty where the caller gave none.
 */
export function callerIds(headers: IncomingHttpHeaders): { callerRequestId?: string; traceparent?: string } {
  const ids: { callerRequestId?: string; traceparent?: string } = {};
  const id = headers['x-request-id'];
  if (typeof id === 'string' && id !== '')
    ids.callerRequestId = id.slice(0, MAX_LENGTH).replace(NOT_VISIBLE_ASCII, '?');
  const trace = headers.traceparent;
  if (typeof trace === 'string' && TRACEPARENT.test(trace)) ids.traceparent = trace;
  return ids;
}
