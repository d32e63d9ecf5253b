import { describe, expect, it } from 'vitest';
import { rateLimitHeaders, ratePolicy } from '../../src/admission/rate-limit-headers.js';

describe('RateLimit headers', () => {
  it('are lists of strings with integers as parameters', () => {
    expect(
      rateLimitHeaders([
        { policy: ratePolicy('second', 10, 1), name: 'second', remaining: 7.9, resetS: 0.21 },
        { policy: ratePolicy('day', 1000, 86_400), name: 'day', remaining: 0, resetS: 86_400 },
      ]),
    ).toEqual([
      'RateLimit-Policy',
      '"second";q=10;w=1, "day";q=1000;w=86400',
      'RateLimit',
      '"second";r=7;t=1, "day";r=0;t=86400',
    ]);
  });

  it('hold no number that a structured field has none for', () => {
    const [, policy, , limit] = rateLimitHeaders([
      {
        policy: ratePolicy('second', 2 ** 53, 1),
        name: 'second',
        remaining: -3,
        resetS: Number.POSITIVE_INFINITY,
      },
    ]);
    expect([policy, limit]).toEqual(['"second";q=999999999999999;w=1', '"second";r=0']);
  });

  it('are not there without rates', () => {
    expect(rateLimitHeaders([])).toEqual([]);
  });
});
