import { describe, expect, it } from 'vitest';
import { Lexicon } from '../../src/scorers/lexicon.js';
import { RequestStems } from '../../src/scorers/request-stems.js';
import { StemSlots } from '../../src/scorers/stem-slots.js';
import { TextAnalyser } from '../../src/scorers/text-analyser.js';
import { TextCache } from '../../src/scorers/text-cache.js';
import { DocumentFrequencies } from '../../src/text/document-frequencies.js';

function setUp() {
  const cache = new TextCache({ maxBytes: 10_000_000 });
  const frequencies = new DocumentFrequencies();
  const lexicon = new Lexicon();
  const analyser = new TextAnalyser(cache, lexicon);
  const slots = new StemSlots(lexicon, frequencies);
  const stems = new RequestStems();
  const textsOf = (...texts: string[]) => texts.map((text) => cache.get(text));
  /** [stem, documents that hold it] of each. */
  const taken = () => {
    const { numbers, size, documents } = stems.take(slots);
    return Array.from(numbers.subarray(0, size), (number) => [lexicon.stem(number), documents![number]]);
  };
  return { lexicon, analyser, slots, stems, textsOf, taken };
}

describe('the stems of a request', () => {
  it('are those of its texts added up; texts that were not read are listed', () => {
    const { lexicon, analyser, stems, textsOf, taken } = setUp();
    const texts = textsOf('wing lift wing', 'car', 'lift');
    const reading = stems.begin(texts, lexicon);
    for (const text of [texts[0]!, texts[2]!]) stems.add(reading, text, analyser.read(text));
    stems.add(reading, texts[1]!);
    expect(stems.missing).toEqual([texts[1]]);
    expect(stems.isOf(texts, lexicon)).toBe(true);
    expect(taken()).toEqual([
      ['wing', 1],
      ['lift', 2],
    ]);
    expect(stems.isOf(texts, lexicon)).toBe(false);
  });

  it('belong to the request that began last', () => {
    const { lexicon, analyser, stems, textsOf, taken } = setUp();
    const [first, second] = [textsOf('wing'), textsOf('car')];
    const readings = [stems.begin(first, lexicon), stems.begin(second, lexicon)];
    stems.add(readings[0]!, first[0]!, analyser.read(first[0]!));
    stems.add(readings[1]!, second[0]!, analyser.read(second[0]!));
    expect([stems.isOf(first, lexicon), stems.isOf(second, lexicon)]).toEqual([false, true]);
    expect(stems.isOf(second, new Lexicon())).toBe(false);
    expect(taken()).toEqual([['car', 1]]);
  });

  it('are void once the lexicon started again', () => {
    const { analyser, stems, textsOf } = setUp();
    const lexicon = new Lexicon(1);
    const texts = textsOf('wing lift');
    const reading = stems.begin(texts, lexicon);
    stems.add(
      reading,
      texts[0]!,
      new TextAnalyser(new TextCache({ maxBytes: 1000 }), lexicon).read(texts[0]!),
    );
    lexicon.trim();
    expect(stems.isOf(texts, lexicon)).toBe(false);
    // Nor do those of a text that is read after that belong to it.
    stems.add(reading, texts[0]!, lexicon.analyse(texts[0]!));
    expect(stems.missing).toEqual([texts[0]]);
    expect(analyser.read(texts[0]!).size).toBe(2);
  });

  it('count once where two scorers read the same texts by turns', () => {
    const { lexicon, analyser, stems, textsOf, taken } = setUp();
    const texts = textsOf('wing', 'wing lift');
    const readings = [stems.begin(texts, lexicon), stems.begin(texts, lexicon)];
    for (const text of texts) for (const reading of readings) stems.add(reading, text, analyser.read(text));
    expect(stems.isOf(texts, lexicon)).toBe(true);
    expect(stems.missing).toEqual([]);
    expect(taken()).toEqual([
      ['wing', 2],
      ['lift', 1],
    ]);
  });

  it('get slots anew once these are void', () => {
    const { lexicon, analyser, textsOf } = setUp();
    const frequencies = new DocumentFrequencies({ maxStems: 1 });
    const slots = new StemSlots(lexicon, frequencies);
    const { lists, size } = analyser.read(textsOf('wing lift')[0]!);
    const found = () => [...slots.of(lists.slice(0, size))];
    const now = () => ['wing', 'lift'].map((name) => frequencies.find(name));
    expect(found()).toEqual(now());
    frequencies.trim();
    frequencies.slot('car');
    expect(found()).toEqual(now());
    expect(slots.bytes).toBeGreaterThan(0);
    slots.clear();
    expect(slots.bytes).toBe(0);
    expect(found()).toEqual(now());
  });

  it('are whole where texts bring new words all the time, and where some are read again', () => {
    const { lexicon, analyser, stems, textsOf, taken } = setUp();
    const words = (from: number) => Array.from({ length: 500 }, (_, word) => `${from + word}`).join(' ');
    const texts = textsOf(...Array.from({ length: 60 }, (_, text) => words(100 * text)));
    const reading = stems.begin(texts, lexicon);
    for (const text of texts) stems.add(reading, text, analyser.read(text));
    // One that is not the last any more counts as not read.
    stems.add(reading, texts[0]!, analyser.keep(texts[0]!));
    expect(stems.missing).toEqual([texts[0]]);
    const sums = new Map(taken() as [string, number][]);
    expect(sums.size).toBe(6400);
    for (const [stem, documents] of sums) {
      const holding = texts.filter(
        (_, text) => Number(stem) >= 100 * text && Number(stem) < 100 * text + 500,
      );
      expect(documents).toBe(holding.length);
    }
  });
});
