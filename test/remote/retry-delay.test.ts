import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RemoteError } from '../../src/remote/remote-error.js';
import { parseRetryAfter, retryDelay } from '../../src/remote/retry-delay.js';

const always = (value: number) => ({ next: () => value });

it('doubles the bound of the pause, up to two seconds', () => {
  const broken = new RemoteError('connect', '');
  const longest = [1, 2, 3, 4, 5, 6, 7].map((attempt) => retryDelay(broken, attempt, always(1)));
  expect(longest).toEqual([100, 200, 400, 800, 1600, 2000, 2000]);
  expect(retryDelay(broken, 3, always(0))).toBe(0);
});

it('is never shorter than the server asks for', () => {
  const busy = new RemoteError('status', '', { status: 429, retryAfterMs: 5000 });
  expect(retryDelay(busy, 1, always(0))).toBe(5000);
  expect(retryDelay(busy, 1, always(0.5))).toBe(5050);
});

it.each([
  [new RemoteError('status', '', { status: 503 }), true],
  [new RemoteError('status', '', { status: 500 }), false],
  [new RemoteError('status', '', { status: 401 }), false],
  [new RemoteError('timeout', ''), false],
  [new RemoteError('body', ''), false],
  [new RemoteError('breaker', ''), false],
])('tells what may help by being tried again: %#', (error, helps) => {
  expect(retryDelay(error, 1, always(0)) !== undefined).toBe(helps);
});

it.each([
  ['120', 120_000],
  [' 3 ', 3000],
  ['Tue, 14 Nov 2023 22:13:30 GMT', 10_000],
  ['Tue, 14 Nov 2023 22:13:10 GMT', 0],
  ['soon', undefined],
  ['-5', undefined],
  ['1.5', undefined],
  ['99999999999999', undefined],
  ['', undefined],
  [undefined, undefined],
])('reads Retry-After: %s', (header, expected) => {
  expect(parseRetryAfter(header, 1_700_000_000_000)).toBe(expected);
});

it('gives a time that can be waited for, or none, for any header', () => {
  fc.assert(
    fc.property(fc.string(), (header) => {
      const delay = parseRetryAfter(header, 1_700_000_000_000);
      expect(delay === undefined || (delay >= 0 && Number.isFinite(delay))).toBe(true);
    }),
  );
});
