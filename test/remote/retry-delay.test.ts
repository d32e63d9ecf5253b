import { expect, it } from 'vitest';
import { RemoteError } from '../../src/remote/remote-error.js';
import { retryDelay } from '../../src/remote/retry-delay.js';

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
