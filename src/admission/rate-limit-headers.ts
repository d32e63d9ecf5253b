/** One rate as callers are told of it. */
export interface ShownRate {
  /** Name of the policy: letters alone. */
  readonly name: string;
  /** See `ratePolicy`; the same for as long as it holds. */
  readonly policy: string;
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
  // With every answer: joined as they are made.
  let policies = '';
  let limits = '';
  for (const { policy, name, remaining, resetS } of rates) {
    const comma = policies === '' ? '' : ', ';
    const reset = Number.isFinite(resetS) ? `;t=${integer(Math.ceil(resetS))}` : '';
    policies += comma + policy;
    limits += `${comma}"${name}";r=${integer(remaining)}${reset}`;
  }
  return ['RateLimit-Policy', policies, 'RateLimit', limits];
}

/** One member of `RateLimit-Policy`: units in a window, and its length in seconds. */
export function ratePolicy(name: string, quota: number, windowS: number): string {
  return `"${name}";q=${integer(quota)};w=${integer(windowS)}`;
}

function integer(value: number): number {
  return Math.min(MAX_INTEGER, Math.max(0, Math.floor(value)));
}
