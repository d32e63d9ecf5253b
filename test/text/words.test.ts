import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { termsOf } from '../../src/text/terms.js';
import { forEachWord } from '../../src/text/words.js';

function wordsOf(text: string): string[] {
  const words: string[] = [];
  forEachWord(text, (word) => words.push(word));
  return words;
}

describe('words of a text', () => {
  it('are lower-case runs of letters, digits and underscores', () => {
    expect(wordsOf('Hello, World! snake_case C3PO -- "it\'s"')).toEqual([
      'hello',
      'world',
      'snake_case',
      'c3po',
      'it',
      's',
    ]);
  });

  it('are the same whether an accent is composed or not', () => {
    expect(wordsOf('Cafe\u0301 CAFÉ')).toEqual(['café', 'café']);
  });

  it('end at curly quotes and dashes as at plain ones', () => {
    expect(wordsOf('“quoted”—dash… naïve')).toEqual(['quoted', 'dash', 'naïve']);
  });

  it('of Chinese come from the dictionary, then as pairs of characters', () => {
    expect(wordsOf('北京大学')).toEqual(['北京', '大学', '京大']);
    expect(wordsOf('水')).toEqual(['水']);
  });

  it('of Japanese and Korean have pairs too, but not across the script’s end', () => {
    expect(wordsOf('テスト abc')).toEqual(['テスト', 'テス', 'スト', 'abc']);
    expect(wordsOf('서울은 크다')).toEqual(['서울은', '서울', '울은', '크다']);
  });

  it('of Thai come from the dictionary alone', () => {
    expect(wordsOf('ภาษาไทย')).toEqual(['ภาษา', 'ไทย']);
  });

  it('split where scripts without spaces meet Latin', () => {
    expect(wordsOf('iPhone手机')).toEqual(['iphone', '手机']);
  });

  it('leave out lone surrogates, controls and emoji', () => {
    expect(wordsOf('a\ud800b \udc00 c\u0000d 🙂 𝒳')).toEqual(['a', 'b', 'c', 'd', '𝒳']);
  });

  it('agree with a plain regular expression on any Latin, Greek and Cyrillic text', () => {
    const character = fc.constantFrom(..."aZ9_ -.\n'é\u0301ßΣςΩЖй½²’—\u00a0\ud83d", '𝒳', '🙂');
    fc.assert(
      fc.property(fc.array(character, { maxLength: 40 }), (characters) => {
        const text = characters.join('');
        const expected =
          text
            .normalize('NFC')
            .toLowerCase()
            .match(/[\p{L}\p{N}\p{M}_]+/gu) ?? [];
        expect(wordsOf(text)).toEqual(expected);
      }),
    );
  });

  it('never fail, whatever the string', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => wordsOf(text).every((word) => word.length > 0)),
    );
    expect(wordsOf('a'.repeat(100_000))).toHaveLength(1);
  });
});

describe('terms of a text', () => {
  it('are the stems of its content words, repetitions kept', () => {
    expect(termsOf('The cats and the cat: running!')).toEqual(['cat', 'cat', 'run']);
  });

  it('are none for stop words alone', () => {
    expect(termsOf("What is it that you don't?")).toEqual([]);
  });
});
