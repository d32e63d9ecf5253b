import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALONE, PARTS_WORDS, WordReader } from '../../src/base/word-reader.js';

/** Words of letters, folded; `!` alone is a word; all else parts words. */
const PATTERN = /[a-zé水\ud800]+|!/g;

function newReader(): WordReader {
  return new WordReader({
    asciiClasses: Uint8Array.from({ length: 128 }, (_, code) => {
      const character = String.fromCharCode(code).toLowerCase();
      if (character === '!') return ALONE;
      return /[a-z]/.test(character) ? character.charCodeAt(0) : PARTS_WORDS;
    }),
    forEachSpan(text, visit) {
      const folded = text.toLowerCase();
      for (const { index, 0: word } of folded.matchAll(PATTERN)) visit(folded, index, index + word.length);
    },
  });
}

function wordsOf(reader: WordReader, text: string): string[] {
  const { ids, count } = reader.read(text);
  return Array.from(ids.subarray(0, count), (id) => reader.word(id));
}

describe('texts as numbers of words', () => {
  const ascii = fc.constantFrom('a', 'B', 'cd', ' ', '!', '-');
  const any = fc.oneof(ascii, fc.constantFrom('é', '水', '\ud800'));
  const text = fc.array(fc.oneof(ascii, any), { maxLength: 12 }).map((parts) => parts.join(''));

  it('have a number for each distinct word, in the order of their coming, from ASCII texts and others alike', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 8 }), (texts) => {
        const reader = newReader();
        const known: string[] = [];
        for (const words of texts) {
          const expected = words.toLowerCase().match(PATTERN) ?? [];
          for (const word of expected) if (!known.includes(word)) known.push(word);
          const { ids, count } = reader.read(words);
          expect([...ids.subarray(0, count)]).toEqual(Array.from(expected, (word) => known.indexOf(word)));
          expect(wordsOf(reader, words)).toEqual([...expected]);
        }
        expect(reader.size).toBe(known.length);
      }),
    );
  });

  it('keep their numbers while the table grows, and start again from 0', () => {
    const reader = newReader();
    const letter = (digit: number) => String.fromCharCode(97 + digit);
    const words = Array.from({ length: 9000 }, (_, index) =>
      [...String(index)].map((digit) => letter(Number(digit))).join(''),
    );
    for (const part of [words.slice(0, 1024), words.slice(0, 1025), words.slice(0, 2050), words, words]) {
      const { ids, count } = reader.read(part.join(' '));
      expect([...ids.subarray(0, count)]).toEqual(part.map((_, index) => index));
    }
    expect(reader.wordBytes).toBe(words.join('').length);
    expect(wordsOf(reader, words.join('é ')).slice(-2)).toEqual(['ijjié', 'ijjj']);
    reader.clear();
    expect([reader.size, reader.wordBytes]).toEqual([0, 0]);
    expect(reader.read('cd a').ids[1]).toBe(1);
    expect(wordsOf(reader, 'a cd')).toEqual(['a', 'cd']);
  });

  it('may be as long as one word', () => {
    const reader = newReader();
    for (const word of ['a'.repeat(100_000), '水'.repeat(100_000)])
      expect(wordsOf(reader, `${word} b`)).toEqual([word, 'b']);
  });
});
