import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Lexicon } from '../../src/scorers/lexicon.js';
import { TextAnalyser } from '../../src/scorers/text-analyser.js';
import { TextCache } from '../../src/scorers/text-cache.js';
import { stem } from '../../src/text/stem.js';
import { STOP_WORDS } from '../../src/text/stop-words.js';
import { forEachWord } from '../../src/text/words.js';

function setUp(options: { maxWords?: number } = {}) {
  const texts = new TextCache({ maxBytes: 1_000_000 });
  const lexicon = new Lexicon(options.maxWords);
  const analyser = new TextAnalyser(texts, lexicon);
  const analysisOf = (text: string) => analyser.read(texts.get(text));
  /** [stem, first word, count] of each stem in an analysis. */
  const listOf = (text: string) => {
    const { lists, stride, size } = analysisOf(text);
    return Array.from({ length: size }, (_, place) => [
      lexicon.stem(lists[place]!),
      lexicon.word(lists[stride + place]!),
      lists[2 * stride + place],
    ]);
  };
  return { texts, lexicon, analyser, analysisOf, listOf };
}

describe('the analysis of a text', () => {
  it('lists distinct stems in order, each with its first word and count', () => {
    const { listOf, analysisOf } = setUp();
    const text = 'The wings of a wing: LIFTING and lift, wing!';
    expect(listOf(text)).toEqual([
      ['wing', 'wings', 3],
      ['lift', 'lifting', 2],
    ]);
    expect(analysisOf(text)).toMatchObject({ size: 2, length: 5, headSize: 2 });
  });

  it('counts as head the stems among the first twelve content words', () => {
    const { analysisOf } = setUp();
    const twelve = Array.from({ length: 12 }, (_, index) => `w${index % 11}`);
    expect(analysisOf([...twelve, 'tail'].join(' '))).toMatchObject({ size: 12, length: 13, headSize: 11 });
  });

  it('is kept once the text is met again, and then its bytes are counted', () => {
    const { analysisOf, listOf, texts } = setUp();
    // More stems than a text of this length is thought to have.
    const text = Array.from({ length: 400 }, (_, number) => `${number}`).join(' ');
    const list = listOf(text);
    const { bytes } = texts;
    listOf('another');
    expect(texts.get(text).analysis).toBeUndefined();
    const kept = analysisOf(text);
    expect(texts.get(text).analysis).toBe(kept);
    expect(texts.bytes).toBeGreaterThan(bytes);
    listOf('yet another');
    expect(analysisOf(text)).toBe(kept);
    expect(listOf(text)).toEqual(list);
  });

  it('is kept where that is asked for, also in the middle of reading it', () => {
    const { analyser, analysisOf, listOf, texts } = setUp();
    const list = listOf('wing lift wing');
    const kept = analyser.keep(texts.get('wing lift wing'));
    expect(analyser.keep(texts.get('car'))).toMatchObject({ size: 1 });
    expect(analysisOf('wing lift wing')).toBe(kept);
    expect(listOf('wing lift wing')).toEqual(list);
  });

  it('is made again once the lexicon started again', () => {
    const { analyser, listOf, texts, lexicon } = setUp({ maxWords: 2 });
    analyser.keep(texts.get('wing lift drag'));
    lexicon.trim();
    // These words take the numbers of those before, which the text of before must not keep.
    const expected = (...words: string[]) => words.map((word) => [word, word, 1]);
    expect(listOf('snake grass moon')).toEqual(expected('snake', 'grass', 'moon'));
    expect(listOf('wing lift drag')).toEqual(expected('wing', 'lift', 'drag'));
  });

  it('reads the first 16 384 characters', () => {
    const { analysisOf } = setUp();
    expect(analysisOf('wing '.repeat(4000)).length).toBe(3277);
  });

  it('is that of the text read last where it is asked for again, and tells where its stems are', () => {
    const { texts, lexicon } = setUp();
    const [first, second] = [texts.get('lift the wing'), texts.get('wing road')];
    const analysis = lexicon.analyse(first);
    const places = lexicon.placesIn(analysis)!;
    const placeOf = (stem: string) => places[lexicon.number(stem)] ?? 0;
    expect(['lift', 'the', 'wing', 'road'].map(placeOf)).toEqual([1, 0, 2, 0]);
    expect(lexicon.analyse(first)).toBe(analysis);
    const other = lexicon.analyse(second);
    expect(lexicon.placesIn(analysis)).toBeUndefined();
    const now = lexicon.placesIn(other)!;
    expect(['lift', 'wing', 'road'].map((stem) => now[lexicon.number(stem)] ?? 0)).toEqual([0, 1, 2]);
  });

  it('lists the stems that plain counting finds, of ASCII texts and others', () => {
    const { listOf } = setUp();
    const word = fc.constantFrom(
      'wing',
      'wings',
      'the',
      'lifting',
      'lift',
      'of',
      'é',
      '水面',
      'a1',
      'x'.repeat(17),
    );
    const one = (text: string) => {
      const expected = new Map<string, [string, number]>();
      forEachWord(text, (found) => {
        if (STOP_WORDS.has(found)) return;
        const known = expected.get(stem(found)) ?? [found, 0];
        expected.set(stem(found), [known[0], known[1] + 1]);
      });
      expect(listOf(text)).toEqual([...expected].map(([name, [first, count]]) => [name, first, count]));
    };
    fc.assert(fc.property(fc.array(word, { maxLength: 40 }), (words) => one(words.join(' '))));
  });
});
