import fc from 'fast-check';
import { expect, it } from 'vitest';
import { headOf } from '../../src/base/head-of.js';

it('is the whole text where that is short enough, and never ends within a character', () => {
  const texts = fc.string({ unit: 'grapheme', maxLength: 20 });
  fc.assert(
    fc.property(texts, fc.nat(30), (text, most) => {
      const head = headOf(text, most);
      expect(text.startsWith(head)).toBe(true);
      expect(head.isWellFormed()).toBe(true);
      expect(head.length).toBeLessThanOrEqual(most);
      expect(head.length).toBeGreaterThanOrEqual(Math.min(text.length, most - 1));
    }),
  );
  expect(headOf('a\u{1f600}b', 2)).toBe('a');
  expect(headOf('a\u{1f600}b', 3)).toBe('a\u{1f600}');
});
