import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TextCache } from '../../src/scorers/text-cache.js';

describe('the text cache', () => {
  it('gives the same entry for the same text', () => {
    const texts = new TextCache({ maxBytes: 100_000 });
    const entry = texts.get('a text');
    expect(entry).toMatchObject({ text: 'a text', vector: undefined, contentHash: undefined });
    entry.contentHash = 'x'.repeat(22);
    expect(entry.isRepeated).toBe(false);
    expect(texts.get(['a', 'text'].join(' '))).toBe(entry);
    expect(entry.isRepeated).toBe(true);
    expect(texts.get('another')).not.toBe(entry);
    expect([texts.hits, texts.misses, texts.size]).toEqual([1, 2, 2]);
  });

  it('tells any two texts apart, also where their bytes would be the same', () => {
    const texts = new TextCache({ maxBytes: 10_000_000 });
    // A lone surrogate turns into U+FFFD on its way to bytes, so these two share a hash.
    for (const text of ['\ud800', '\ufffd', '\ud800']) expect(texts.get(text).text).toBe(text);
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => texts.get(text).text === text));
  });

  it('stays within its bound, least recently used first out', () => {
    const texts = new TextCache({ maxBytes: 2100 });
    const [first] = ['one', 'two', 'three'].map((text) => texts.get(text));
    expect(texts.get('one')).toBe(first);
    // Each entry is weighed with some 650 bytes: with a fourth one must go, and `two` was asked for longest ago.
    texts.get('four');
    expect(texts.bytes).toBeLessThanOrEqual(2100);
    expect(texts.get('one')).toBe(first);
    const { misses } = texts;
    texts.get('two');
    expect(texts.misses).toBe(misses + 1);
  });

  it('counts what entries grow by beyond what they are thought to, and makes room for it', () => {
    const texts = new TextCache({ maxBytes: 3000 });
    const [one, two] = [texts.get('one'), texts.get('two')];
    const before = texts.bytes;
    texts.grew(one, 300);
    expect(texts.bytes).toBe(before);
    texts.grew(one, 300);
    // 240 + 6 + 600 bytes, weighed with a quarter more.
    expect(texts.bytes).toBe(before / 2 + 1058);
    texts.grew(two, 1500);
    expect(texts.bytes).toBeLessThanOrEqual(3000);
    expect(texts.get('two')).toBe(two);
    expect(texts.get('one')).not.toBe(one);
  });

  it('never weighs an entry with less than it holds', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 2000 }), { maxLength: 20 }), (growths) => {
        const texts = new TextCache({ maxBytes: 1_000_000 });
        const entry = texts.get('one');
        for (const bytes of growths) texts.grew(entry, bytes);
        expect(texts.bytes).toBeGreaterThanOrEqual(246 + growths.reduce((sum, bytes) => sum + bytes, 0));
      }),
    );
  });

  it('does not count the growth of an entry it no longer holds', () => {
    const texts = new TextCache({ maxBytes: 10_000 });
    const one = texts.get('one');
    const { bytes } = texts;
    texts.clear();
    expect([texts.bytes, texts.size]).toEqual([0, 0]);
    texts.grew(one, 1000);
    expect(texts.bytes).toBe(0);
    const again = texts.get('one');
    texts.grew(one, 1000);
    expect(texts.get('one')).toBe(again);
    expect(texts.bytes).toBe(bytes);
  });

  it('finds the texts of a query that comes with them again, and others where it comes with others', () => {
    const texts = new TextCache({ maxBytes: 100_000 });
    const list = (...names: string[]) =>
      texts.getList(
        'q',
        names.map((text) => ({ text })),
      );
    const first = list('one', 'two', 'three');
    expect(list('one', 'two', 'three')).toEqual(first);
    const moved = list('two', 'one', 'four');
    expect(moved.slice(0, 2)).toEqual([first[1], first[0]]);
    expect([texts.hits, texts.misses]).toEqual([5, 4]);
    list('two', 'one', 'four').forEach((entry, index) => {
      expect(entry).toBe(moved[index]);
    });
  });

  it('does not keep a text larger than itself', () => {
    const texts = new TextCache({ maxBytes: 1000 });
    const kept = texts.get('kept');
    expect(texts.get('x'.repeat(10_000)).text).toHaveLength(10_000);
    expect(texts.get('kept')).toBe(kept);
    expect(texts.size).toBe(1);
  });
});
