/** One rate as callers are told of it. */
export interface ShownRate {
  /** Name of the policy: letters alone. */
  readonly name: string;
  /** Units in a window, and its length in seconds. */
  readonly quota: number;
  readonly windowS: number;
  /** Units left now. */
  readonly remaining: number;
  /** Seconds until all of it is there again; infinite = never. */
  readonly resetS: number;
}

/** Largest integer of a structured field (RFC 9651, 3.3.1). */
const MAX_INTEGER = 999_999_999_999_999;

/**
 * `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10): lists of strings with parameters, in the
 * order given. A flat list of names and values; empty without rates.
 */
export function rateLimitHeaders(rates: readonly ShownRate[]): string[] {
  if (rates.length === 0) return [];
  const policies: string[] = [];
  const limits: string[] = [];
  for (const { name, quota, windowS, remaining, resetS } of rates) {
    policies.push(`"${name}";q=${integer(quota)};w=${integer(windowS)}`);
    const reset = Number.isFinite(resetS) ? `;t=${integer(Math.ceil(resetS))}` : '';
    limits.push(`"${name}";r=${integer(remaining)}${reset}`);
  }
  return ['RateLimit-Policy', policies.join(', '), 'RateLimit', limits.join(', ')];
}

function integer(value: number): number {
  return Math.min(MAX_INTEGER, Math.max(0, Math.floor(value)));
}
