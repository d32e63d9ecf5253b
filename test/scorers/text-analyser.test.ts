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
    const { slots, size } = analysisOf(text);
    return Array.from({ length: size }, (_, place) => [
      slots[place],
      lexicon.word(slots[size + place]!),
      slots[2 * size + place],
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

  it('is made once, and its bytes are counted', () => {
    const { analysisOf, texts } = setUp();
    // More stems than a text of this length is thought to have.
    const text = Array.from({ length: 400 }, (_, number) => `${number}`).join(' ');
    texts.get(text);
    const bytes = texts.bytes;
    const first = analysisOf(text);
    expect(analysisOf(text)).toBe(first);
    expect(texts.bytes).toBeGreaterThan(bytes);
  });

  it('is made again, under its old id, once dropped stems made its slots void', () => {
    const { analysisOf, listOf, frequencies, texts } = setUp({ maxStems: 4 });
    const before = analysisOf('wing lift');
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
    expect(analysisOf('wing lift').id).toBe(before.id);
    expect(texts.bytes).toBe(bytes);
    // Texts with the same words, read after the drop, agree with it.
    expect(listOf('lift wing').map(([slot]) => slot)).toEqual([
      frequencies.find('lift'),
      frequencies.find('wing'),
    ]);
  });

  it('is made again once the lexicon started again', () => {
    const { listOf, analysisOf, lexicon, frequencies } = setUp({ maxWords: 2 });
    analysisOf('wing lift drag');
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
