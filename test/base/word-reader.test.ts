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

  it('are told apart at any length, wherever they stand and however they are written', () => {
    // From 1 to 40 letters, so across the 15 that a key holds; each plain, and with another letter or a wider
    // one in its first, middle or last place.
    const words = new Set<string>();
    for (let length = 1; length <= 40; length++) {
      for (const place of [0, length >> 1, length - 1]) {
        const letters = Array.from({ length }, () => 'a');
        words.add(letters.join(''));
        letters[place] = 'b';
        words.add(letters.join(''));
        letters[place] = 'é';
        words.add(letters.join(''));
      }
    }
    const known = [...words];
    const ascii = known.filter((word) => !word.includes('é'));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...ascii), fc.boolean(), fc.integer({ min: 1, max: 70 })), {
          maxLength: 40,
        }),
        (parts) => {
          const reader = newReader();
          reader.read(known.join(' '));
          const text = parts
            .map(([word, isUpper, gap]) => (isUpper ? word.toUpperCase() : word) + '-'.repeat(gap))
            .join('');
          const { ids, count } = reader.read(text);
          expect([...ids.subarray(0, count)]).toEqual(parts.map(([word]) => known.indexOf(word)));
        },
      ),
    );
  });

  it('may stand closer than most: 32 words and more in 64 characters', () => {
    const reader = newReader();
    const texts = ['a B '.repeat(100), '!'.repeat(130), 'a!'.repeat(100), `${' '.repeat(63)}a! b`];
    for (const text of texts) expect(wordsOf(reader, text)).toEqual(text.toLowerCase().match(PATTERN));
  });

  it('are counted by group, in the order in which groups first appear, words of none left out', () => {
    const groups = [0, 1, 2, 1, 0, 3, 5000];
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.nat(groups.length - 1), { maxLength: 40 }), { minLength: 1, maxLength: 4 }),
        fc.nat(6),
        (texts, head) => {
          const reader = newReader();
          const letter = (word: number) => 'abcdefg'[word]!;
          reader.read('a b c d e f g');
          for (const [word, group] of groups.entries()) reader.setGroup(word, group);
          for (const words of texts) {
            reader.read(words.map(letter).join(' '));
            const { lists, stride, size, length, headSize } = reader.group(head);
            const inGroups = words.filter((word) => groups[word] !== 0);
            const met = inGroups.map((word) => groups[word]!);
            const distinct = [...new Set(met)];
            const list = (place: number) => [...lists.subarray(place * stride, place * stride + size)];
            expect(list(0)).toEqual(distinct);
            expect(list(1)).toEqual(distinct.map((group) => inGroups[met.indexOf(group)]));
            expect(list(2)).toEqual(distinct.map((group) => met.filter((other) => other === group).length));
            expect([length, headSize]).toEqual([met.length, new Set(met.slice(0, head)).size]);
            expect(groups.map((group) => reader.places[group])).toEqual(
              groups.map((group) => distinct.indexOf(group) + 1),
            );
          }
        },
      ),
    );
  });
});
