import { describe, expect, it } from 'vitest';
import { CJK, characterClass, LETTER, SEPARATOR, SPACE, UNSPACED } from '../../src/base/characters.js';

const classOf = (character: string) => characterClass(character.codePointAt(0)!);

describe('the class of a character', () => {
  it.each([
    ['a', LETTER],
    ['7', LETTER],
    ['_', SEPARATOR],
    ['é', LETTER],
    ['\u0301', LETTER],
    ['½', LETTER],
    ['Ж', LETTER],
    ['𝒳', LETTER],
    [' ', SPACE],
    ['\u00a0', SPACE],
    ['\u3000', SPACE],
    ['、', SEPARATOR],
    ['—', SEPARATOR],
    ['🙂', SEPARATOR],
    ['\ud800', SEPARATOR],
    ['\udfff', SEPARATOR],
    ['\u0000', SEPARATOR],
    ['水', CJK],
    ['𠀀', CJK],
    ['か', CJK],
    ['ー', CJK],
    ['한', CJK],
    ['ไ', UNSPACED],
    ['ກ', UNSPACED],
    ['ក', UNSPACED],
    ['မ', UNSPACED],
    ['\u{10ffff}', SEPARATOR],
  ])('%j is %i', (character, expected) => {
    expect(classOf(character)).toBe(expected);
  });

  it('agrees with a regular expression on every code point', () => {
    const word = /[\p{L}\p{N}\p{M}]/u;
    const differing: number[] = [];
    for (let codePoint = 0; codePoint <= 0x10ffff; codePoint++) {
      if (word.test(String.fromCodePoint(codePoint)) !== characterClass(codePoint) >= LETTER)
        differing.push(codePoint);
    }
    expect(differing).toEqual([]);
  });
});
