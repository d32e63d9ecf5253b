import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TextCache, type TextEntry } from '../../src/scorers/text-cache.js';

/** The entry of a text that was met twice. */
function kept(texts: TextCache, text: string): TextEntry {
  texts.get(text);
  return texts.get(text);
}

describe('the text cache', () => {
  it('knows a text it met before by its number, and keeps its entry from then on', () => {
    const texts = new TextCache({ maxBytes: 100_000 });
    const first = texts.get('a text');
    expect(first).toMatchObject({
      text: 'a text',
      vector: undefined,
      contentHash: undefined,
      isRepeated: false,
    });
    expect(texts.size).toBe(0);
    const entry = texts.get(['a', 'text'].join(' '));
    expect(entry).toMatchObject({ id: first.id, text: 'a text', isRepeated: true });
    entry.contentHash = 'x'.repeat(22);
    expect(texts.get('a text')).toBe(entry);
    expect(texts.get('another').id).not.toBe(first.id);
    expect([texts.hits, texts.misses, texts.size]).toEqual([2, 2, 1]);
  });

  it('keeps an entry whose vector took a while, for whoever meets the text meanwhile too', () => {
    const texts = new TextCache({ maxBytes: 100_000 });
    const vector = Float32Array.of(1, 0);
    const alone = texts.get('one');
    texts.setVector(alone, vector, true);
    expect(texts.get('one')).toBe(alone);
    expect(alone).toMatchObject({ vector, isRepeated: true });
    const [early, late] = [texts.get('two'), texts.get('two')];
    texts.setVector(early, vector, true);
    expect(early.vector).toBe(vector);
    expect(texts.get('two')).toBe(late);
    expect(late.vector).toBe(vector);
    const { bytes } = texts;
    texts.setVector(late, vector, true);
    expect([texts.bytes, texts.size]).toEqual([bytes, 2]);
    texts.setVector(texts.get('three'), vector, false);
    expect(texts.size).toBe(2);
    const three = texts.get('three');
    expect(three.vector).toBeUndefined();
    texts.setVector(three, vector, false);
    expect(texts.get('three')).toMatchObject({ vector });
    expect(texts.size).toBe(3);
  });

  it('tells any two texts apart, also where their bytes would be the same', () => {
    const texts = new TextCache({ maxBytes: 10_000_000 });
    // A lone surrogate would turn into U+FFFD on its way to bytes.
    const pool = ['\ud800', '\ufffd', '\ud800\udc00', '\udc00\ud800', '', 'a', 'a\0', 'x'.repeat(99)];
    const numbers = new Map<string, number>();
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom(...pool), fc.string({ unit: 'binary' })), (text) => {
        const { id, text: own, isRepeated } = texts.get(text);
        expect([own, isRepeated]).toEqual([text, numbers.has(text)]);
        expect(id).toBe(numbers.get(text) ?? id);
        expect([...numbers.values()].includes(id)).toBe(isRepeated);
        numbers.set(text, id);
      }),
    );
  });

  it('keeps the number of a text whose entry it holds, however many others come, as lists or one by one', () => {
    const texts = new TextCache({ maxBytes: 400_000 });
    const candidates = [{ text: 'one' }, { text: 'two' }];
    for (let n = 0; n < 3; n++) texts.getList('q', candidates);
    const before = texts.getList('q', candidates);
    for (let text = 0; text < 5000; text++) {
      texts.get(`other ${text}`);
      if (text % 100 === 0) texts.getList('q', candidates);
    }
    for (const [index, entry] of texts.getList('another', candidates).entries())
      expect(entry).toBe(before[index]);
  });

  it('does not take back what was made before it forgot all', () => {
    const texts = new TextCache({ maxBytes: 100_000 });
    const early = texts.get('one');
    texts.clear();
    texts.setVector(early, Float32Array.of(1, 0), true);
    expect([texts.size, texts.bytes, early.vector]).toEqual([0, 0, Float32Array.of(1, 0)]);
  });

  it('stays within its bound, least recently used first out', () => {
    const texts = new TextCache({ maxBytes: 16_000 });
    const [first, second, third, fourth] = ['1', '2', '3', '4'].map((text) => text.repeat(1000));
    const [one, two] = [first!, second!, third!].map((text) => kept(texts, text));
    expect(texts.get(first!)).toBe(one);
    // Each entry is weighed with some 4140 bytes: with a fourth one must go, and the second was asked for longest ago.
    kept(texts, fourth!);
    expect(texts.bytes).toBeLessThanOrEqual(16_000);
    expect(texts.get(first!)).toBe(one);
    expect(texts.get(second!)).not.toBe(two);
  });

  it('counts what entries grow by beyond what they are thought to, and makes room for it', () => {
    const texts = new TextCache({ maxBytes: 3400 });
    const [one, two] = [kept(texts, 'one'), kept(texts, 'two')];
    const before = texts.bytes;
    texts.grew(one, 300);
    expect(texts.bytes).toBe(before);
    texts.grew(one, 300);
    // 240 + 6 + 600 bytes, weighed with a quarter more.
    expect(texts.bytes).toBe(before - 651 + 1058);
    texts.grew(two, 1500);
    expect(texts.bytes).toBeLessThanOrEqual(3400);
    expect(texts.get('two')).toBe(two);
    expect(texts.get('one')).not.toBe(one);
  });

  it('never weighs an entry with less than it holds', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 2000 }), { maxLength: 20 }), (growths) => {
        const texts = new TextCache({ maxBytes: 1_000_000 });
        const entry = kept(texts, 'one');
        for (const bytes of growths) texts.grew(entry, bytes);
        expect(texts.bytes).toBeGreaterThanOrEqual(246 + growths.reduce((sum, bytes) => sum + bytes, 0));
      }),
    );
  });

  it('does not count the growth of an entry it no longer holds', () => {
    const texts = new TextCache({ maxBytes: 10_000 });
    const one = kept(texts, 'one');
    const { bytes } = texts;
    texts.clear();
    expect([texts.bytes, texts.size]).toEqual([0, 0]);
    texts.grew(one, 1000);
    expect(texts.bytes).toBe(0);
    const again = kept(texts, 'one');
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
    const met = list('one', 'two', 'three').map(({ id }) => id);
    const first = list('one', 'two', 'three');
    expect(first.map(({ id }) => id)).toEqual(met);
    const again = list('one', 'two', 'three');
    const moved = list('two', 'one', 'four');
    for (const entries of [again, [moved[1], moved[0]]])
      for (const [index, entry] of entries.entries()) expect(entry).toBe(first[index]);
    expect([texts.hits, texts.misses]).toEqual([8, 4]);
    const [, , fourth] = list('two', 'one', 'four');
    expect(fourth!.id).toBe(moved[2]!.id);
  });

  it('does not keep a text larger than itself', () => {
    const texts = new TextCache({ maxBytes: 10_000 });
    const small = kept(texts, 'small');
    const { id } = texts.get('x'.repeat(10_000));
    expect(texts.get('x'.repeat(10_000))).toMatchObject({ id, isRepeated: true });
    expect(texts.get('small')).toBe(small);
    expect(texts.size).toBe(1);
  });
});
