import { describe, expect, it } from 'vitest';
import { Lexicon } from '../../src/scorers/lexicon.js';
import { TextAnalyser } from '../../src/scorers/text-analyser.js';
import { TextCache } from '../../src/scorers/text-cache.js';
import { DocumentFrequencies } from '../../src/text/document-frequencies.js';

function setUp(options: { maxStems?: number; maxWords?: number } = {}) {
  const texts = new TextCache({ maxBytes: 1_000_000 });
  const frequencies = new DocumentFrequencies(
    options.maxStems === undefined ? {} : { maxStems: options.maxStems },
  );
  const lexicon = new Lexicon(options.maxWords);
  const analyser = new TextAnalyser(texts, frequencies, lexicon);
  const analysisOf = (text: string) => analyser.read(texts.get(text));
  /** [stem’s slot found anew, first word, count] of each stem in an analysis. */
  const listOf = (text: string) => {
    const { slots, stride, size } = analysisOf(text);
    return Array.from({ length: size }, (_, place) => [
      slots[place],
      lexicon.word(slots[stride + place]!),
      slots[2 * stride + place],
    ]);
  };
  return { texts, frequencies, lexicon, analyser, analysisOf, listOf };
}

describe('the analysis of a text', () => {
  it('lists distinct stems in order, each with its first word and count', () => {
    const { listOf, analysisOf, frequencies } = setUp();
    const text = 'The wings of a wing: LIFTING and lift, wing!';
    expect(listOf(text)).toEqual([
      [frequencies.find('wing'), 'wings', 3],
      [frequencies.find('lift'), 'lifting', 2],
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

  it('is made again once dropped stems made its slots void', () => {
    const { analyser, analysisOf, listOf, frequencies, texts } = setUp({ maxStems: 4 });
    analyser.keep(texts.get('wing lift'));
    analysisOf('car road wheel');
    frequencies.trim();
    // The slots that became free are taken by other stems.
    analysisOf('snake grass');
    analysisOf('moon');
    const bytes = texts.bytes;
    expect(listOf('wing lift').map(([slot]) => slot)).toEqual([
      frequencies.find('wing'),
      frequencies.find('lift'),
    ]);
    expect(texts.bytes).toBe(bytes);
    // Texts with the same words, read after the drop, agree with it.
    expect(listOf('lift wing').map(([slot]) => slot)).toEqual([
      frequencies.find('lift'),
      frequencies.find('wing'),
    ]);
  });

  it('is made again once the lexicon started again', () => {
    const { analyser, listOf, texts, lexicon, frequencies } = setUp({ maxWords: 2 });
    analyser.keep(texts.get('wing lift drag'));
    lexicon.trim();
    // These words take the numbers of those before, which the text of before must not keep.
    const expected = (...words: string[]) => words.map((word) => [frequencies.find(word), word, 1]);
    expect(listOf('snake grass moon')).toEqual(expected('snake', 'grass', 'moon'));
    expect(listOf('wing lift drag')).toEqual(expected('wing', 'lift', 'drag'));
  });

  it('reads the first 16 384 characters', () => {
    const { analysisOf } = setUp();
    expect(analysisOf('wing '.repeat(4000)).length).toBe(3277);
  });

  it('forgets what can be looked up again, and finds the same', () => {
    const { analyser, listOf, frequencies } = setUp();
    listOf('wing lift');
    expect(analyser.bytes).toBeGreaterThan(0);
    analyser.clear();
    expect(analyser.bytes).toBe(0);
    expect(listOf('lift wing').map(([slot]) => slot)).toEqual([
      frequencies.find('lift'),
      frequencies.find('wing'),
    ]);
  });
});
