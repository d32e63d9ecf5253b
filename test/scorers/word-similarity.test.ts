import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Lexicon } from '../../src/scorers/lexicon.js';
import { TextAnalyser } from '../../src/scorers/text-analyser.js';
import { TextCache } from '../../src/scorers/text-cache.js';
import { WordSimilarity, type WordVectors } from '../../src/scorers/word-similarity.js';

/** A model in which a word `w12` points 12 thousandths of a turn from `w0`; counts how often it is asked. */
function turningVectors(): WordVectors & { cosines: number } {
  const angle = (word: string) => (Number(word.slice(1)) / 1000) * 2 * Math.PI;
  return {
    name: 'turning',
    version: '1',
    cosines: 0,
    encodeText: () => Float32Array.of(1, 0),
    form: (word) => ({ pieces: [Number(word.slice(1))], scale: 1 }),
    vector: ({ pieces }) =>
      Float32Array.of(Math.cos(angle(`w${pieces[0]}`)), Math.sin(angle(`w${pieces[0]}`))),
    cosine([x = 0, y = 0], { pieces }) {
      this.cosines++;
      return x * Math.cos(angle(`w${pieces[0]}`)) + y * Math.sin(angle(`w${pieces[0]}`));
    },
  };
}

function setUp(options: { maxBytes?: number; maxWords?: number } = {}) {
  const lexicon = new Lexicon(options.maxWords);
  const vectors = turningVectors();
  const similarity = new WordSimilarity(vectors, lexicon, options.maxBytes ?? 1_000_000);
  const texts = new TextCache({ maxBytes: 1_000_000 });
  const analyser = new TextAnalyser(texts, lexicon);
  const closest = (word: string, text: string) => {
    const analysis = analyser.read(texts.get(text));
    return similarity.closest(similarity.row(word), analysis);
  };
  return { lexicon, vectors, similarity, closest };
}

/** The definition. */
function expected(word: string, words: readonly string[]): number {
  const turn = (name: string) => (Number(name.slice(1)) / 1000) * 2 * Math.PI;
  return Math.max(0, ...words.map((other) => (Math.cos(turn(word) - turn(other)) - 0.3) / 0.7));
}

describe('the similarity of a word to the words of a text', () => {
  it('is the largest there is, exactly, however close the next ones are', () => {
    const word = fc.integer({ min: 0, max: 120 }).map((turn) => `w${turn}`);
    const { closest } = setUp();
    fc.assert(
      fc.property(word, fc.array(word, { maxLength: 12 }), (query, words) => {
        expect(closest(query, words.join(' '))).toBeCloseTo(expected(query, words), 6);
      }),
    );
    // w1, w2 and w3 differ from w0 by less than one of the 254 levels.
    expect(closest('w0', 'w3 w1 w2')).toBeCloseTo(expected('w0', ['w1']), 6);
  });

  it('is 0 where cosines are .3 or less, and for a text without words', () => {
    // A cosine of .3 lies at 201.5 thousandths of a turn.
    const { closest } = setUp();
    expect(closest('w0', 'w202 w500 w798')).toBe(0);
    expect(closest('w0', 'w201')).toBeGreaterThan(0);
    expect(closest('w0', 'the of')).toBe(0);
  });

  it('asks the model for each pair of words once, and then for the best alone', () => {
    const { closest, vectors } = setUp();
    closest('w0', 'w10 w20 w30 w40');
    expect(vectors.cosines).toBe(5);
    closest('w0', 'w40 w30 w20 w10');
    expect(vectors.cosines).toBe(6);
  });

  it('stays within its bound, forgetting whole words, and gives the same then', () => {
    const { closest, similarity } = setUp({ maxBytes: 5000 });
    for (let word = 0; word < 50; word++) {
      expect(closest(`w${word}`, 'w100 w200')).toBeCloseTo(expected(`w${word}`, ['w100', 'w200']), 6);
      // Forms of the lexicon's words are counted beside the rows.
      expect(similarity.bytes).toBeLessThanOrEqual(5000 + 8 * 300);
    }
    similarity.clear();
    expect(similarity.bytes).toBe(0);
  });

  it('follows the lexicon when it starts again and when it grows', () => {
    const { closest, lexicon } = setUp({ maxWords: 2 });
    expect(closest('w0', 'w10 w20 w30')).toBeCloseTo(expected('w0', ['w10']), 6);
    lexicon.trim();
    // The ids of w10, w20 and w30 now belong to other words.
    expect(closest('w0', 'w150 w160 w170')).toBeCloseTo(expected('w0', ['w150']), 6);
    const many = Array.from({ length: 3000 }, (_, index) => `w${300 + (index % 400)}x${index}`);
    lexicon.analyse({ id: -1, text: many.join(' ') });
    expect(closest('w0', 'w40 w50')).toBeCloseTo(expected('w0', ['w40']), 6);
  });
});
