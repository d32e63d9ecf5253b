import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseRetryAfter } from '../../src/base/retry-after.js';

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
