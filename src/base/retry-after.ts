/** A `Retry-After` header as milliseconds from `now` (epoch ms): seconds or a date (RFC 9110, 10.2.3); else undefined. */
export function parseRetryAfter(
  header: string | string[] | null | undefined,
  now: number,
): number | undefined {
  if (typeof header !== 'string') return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const moment = /[a-z]/i.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(moment) ? undefined : Math.max(0, moment - now);
}
