import { describe, expect, it } from 'vitest';
import { Lexicon } from '../../src/scorers/lexicon.js';
import { RequestStems } from '../../src/scorers/request-stems.js';
import { TextAnalyser } from '../../src/scorers/text-analyser.js';
import { TextCache } from '../../src/scorers/text-cache.js';
import { DocumentFrequencies } from '../../src/text/document-frequencies.js';

function setUp() {
  const cache = new TextCache({ maxBytes: 10_000_000 });
  const frequencies = new DocumentFrequencies();
  const analyser = new TextAnalyser(cache, frequencies, new Lexicon());
  const stems = new RequestStems();
  const textsOf = (...texts: string[]) => texts.map((text) => cache.get(text));
  const gathered = () => [...stems.slots.subarray(0, stems.size)];
  const slotsOf = (...names: string[]) => names.map((name) => frequencies.slot(name));
  return { frequencies, analyser, stems, textsOf, gathered, slotsOf };
}

describe('the stems of a request', () => {
  it('are those of its texts one after the other; texts that were not read are listed', () => {
    const { frequencies, analyser, stems, textsOf, gathered, slotsOf } = setUp();
    const texts = textsOf('wing lift wing', 'car', 'lift');
    stems.begin(texts, frequencies);
    for (const text of [texts[0]!, texts[2]!]) stems.add(texts, text, analyser.read(text));
    stems.add(texts, texts[1]!);
    expect(gathered()).toEqual(slotsOf('wing', 'lift', 'lift'));
    expect(stems.missing).toEqual([texts[1]]);
    expect(stems.isOf(texts, frequencies)).toBe(true);
    stems.end();
    expect(stems.isOf(texts, frequencies)).toBe(false);
  });

  it('belong to the request that began last', () => {
    const { frequencies, analyser, stems, textsOf, gathered, slotsOf } = setUp();
    const [first, second] = [textsOf('wing'), textsOf('car')];
    stems.begin(first, frequencies);
    stems.begin(second, frequencies);
    stems.add(first, first[0]!, analyser.read(first[0]!));
    stems.add(second, second[0]!, analyser.read(second[0]!));
    expect(gathered()).toEqual(slotsOf('car'));
    expect([stems.isOf(first, frequencies), stems.isOf(second, frequencies)]).toEqual([false, true]);
    expect(stems.isOf(second, new DocumentFrequencies())).toBe(false);
  });

  it('are void once slots are', () => {
    const { analyser, stems, textsOf } = setUp();
    const frequencies = new DocumentFrequencies({ maxStems: 1 });
    const texts = textsOf('wing');
    stems.begin(texts, frequencies);
    stems.add(texts, texts[0]!, analyser.read(texts[0]!));
    for (const stem of ['a', 'b', 'c']) frequencies.slot(stem);
    frequencies.trim();
    expect(stems.isOf(texts, frequencies)).toBe(false);
  });

  it('are bounded: of many long texts the last are listed as not read', () => {
    const { frequencies, analyser, stems, textsOf } = setUp();
    const words = (from: number) => Array.from({ length: 2500 }, (_, word) => `${from + word}`).join(' ');
    const texts = textsOf(...Array.from({ length: 60 }, (_, text) => words(100 * text)));
    stems.begin(texts, frequencies);
    for (const text of texts) stems.add(texts, text, analyser.read(text));
    // 52 × 2500 are the most below 131 072.
    expect(stems.size).toBe(52 * 2500);
    expect(stems.missing).toEqual(texts.slice(52));
  });
});
