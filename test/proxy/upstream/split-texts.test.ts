import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitTexts } from '../../../src/proxy/upstream/split-texts.js';

const all = (texts: readonly string[]) => ({ texts, places: texts.map((_, index) => index * 10) });
const lengths = (parts: readonly { readonly texts: readonly string[] }[]) =>
  parts.map(({ texts }) => texts.length);
const WIDE = { maxDocuments: 1000, maxBytes: 1e9 };

describe('a list', () => {
  it('is split evenly by number', () => {
    const texts = Array.from({ length: 10 }, (_, n) => `${n}`);
    expect(lengths(splitTexts('q', all(texts), { ...WIDE, maxDocuments: 4 }))).toEqual([4, 4, 2]);
    expect(lengths(splitTexts('q', all(texts), { ...WIDE, maxDocuments: 9 }))).toEqual([5, 5]);
    expect(splitTexts('q', all([]), WIDE)).toEqual([]);
  });

  it('is split by bytes, and a text that is too long stands alone', () => {
    // 64 bytes are for what is around each.
    const texts = ['a'.repeat(36), 'b'.repeat(36), 'é'.repeat(500), 'c'];
    expect(lengths(splitTexts('q', all(texts), { ...WIDE, maxBytes: 200 }))).toEqual([2, 1, 1]);
  });

  it('is split by tokens, the query’s counted each time', () => {
    const texts = ['a'.repeat(36), 'b'.repeat(36), 'c'.repeat(36)];
    // (36 + 64) / 3 = 34 of the text, 100 of the query.
    expect(lengths(splitTexts('q'.repeat(300), all(texts), { ...WIDE, maxTokens: 268 }))).toEqual([2, 1]);
    expect(lengths(splitTexts('q'.repeat(300), all(texts), { ...WIDE, maxTokens: 267 }))).toEqual([1, 1, 1]);
  });

  it('is whole and in order when put together, and no part has more than it may', () => {
    const bounds = fc.record({
      maxDocuments: fc.integer({ min: 1, max: 10 }),
      maxBytes: fc.integer({ min: 1, max: 500 }),
      maxTokens: fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string({ maxLength: 100 })), bounds, (query, texts, bound) => {
        const parts = splitTexts(query, all(texts), bound);
        expect(parts.flatMap((part) => part.texts)).toEqual(texts);
        expect(parts.flatMap((part) => part.places)).toEqual(all(texts).places);
        for (const part of parts) {
          expect(part.texts.length).toBeGreaterThan(0);
          expect(part.texts.length).toBeLessThanOrEqual(bound.maxDocuments);
          const bytes = part.texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
          expect(part.texts.length === 1 || bytes <= bound.maxBytes).toBe(true);
        }
      }),
    );
  });
});
