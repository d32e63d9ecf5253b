import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTooMuch, shortened } from '../../../src/proxy/upstream/too-much.js';

describe('a refusal of size', () => {
  it.each([
    [413, ''],
    [422, '{"error":"batch size 33 > maximum allowed batch size 32","error_type":"Validation"}'],
    [422, '{"error":"`inputs` must have less than 512 tokens. Given: 600"}'],
    [
      500,
      '{"error":{"message":"input (9 tokens) is too large to process. increase the physical batch size"}}',
    ],
    [400, '{"detail":"The total number of tokens exceeds the limit"}'],
    [400, '{"message":"invalid request: too many documents"}'],
  ])('is told from others: %i %s', (status, refusal) => {
    expect(isTooMuch(status, refusal)).toBe(true);
  });

  it.each([
    [500, ''],
    [500, '{"error":"maximum recursion depth exceeded"}'],
    [500, '{"error":"input is too large"}'],
    [400, '{"message":"monthly quota exceeded"}'],
    [400, '{"message":"token limit of your plan exceeded"}'],
    [422, '{"message":"rate limit exceeded: at most 100000 tokens per minute"}'],
    [400, '{"message":"temperature must be at most 1"}'],
    [400, '{"message":"no such model"}'],
    [401, 'token limit exceeded'],
    [429, 'too many requests'],
    [503, 'queue too long'],
  ])('is not what else is refused: %i %s', (status, refusal) => {
    expect(isTooMuch(status, refusal)).toBe(false);
  });
});

describe('a text is cut', () => {
  it.each([
    ['input (1000 tokens) is too large (current batch size: 500)', 425],
    ['must have less than 512 tokens. Given: 1024', 425],
    ['too long', 500],
    ['code 500: too long', 500],
    ['limit 1, got 5000000 and 10', 500],
  ])('as the refusal says, a little more, or to half: %s', (refusal, length) => {
    expect(shortened('x'.repeat(1000), refusal)).toHaveLength(length);
  });

  it('to what is shorter and well formed, whatever it says', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string(), (text, refusal) => {
        const cut = shortened(text, refusal);
        expect(cut.length).toBeLessThan(text.length);
        expect(cut.isWellFormed()).toBe(true);
      }),
    );
  });
});
