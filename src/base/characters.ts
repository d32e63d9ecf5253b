/** A code point that parts words: white space, punctuation, symbols, controls, lone surrogates. */
export const SEPARATOR = 0;
/** White space as `\s` of regular expressions has it. */
export const SPACE = 1;
/** A letter, number or mark of a script that parts words by spaces. */
export const LETTER = 2;
/** A letter, number or mark of Han, Kana, Bopomofo or Hangul. */
export const CJK = 3;
/** A letter, number or mark of Thai, Lao, Khmer or Myanmar. */
export const UNSPACED = 4;

export type CharacterClass = typeof SEPARATOR | typeof SPACE | typeof LETTER | typeof CJK | typeof UNSPACED;

/** What to look for, later ones having the last word. */
const PATTERNS: readonly (readonly [CharacterClass, RegExp])[] = [
  [SPACE, /\s/gu],
  [LETTER, /[\p{L}\p{N}\p{M}]/gu],
  [UNSPACED, /(?=[\p{L}\p{N}\p{M}])[\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]/gu],
  [CJK, /(?=[\p{L}\p{N}\p{M}])[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Bopomofo}\p{scx=Hangul}]/gu],
];
const PAGE_SIZE = 256;

/** Classes by code point, a page at a time, made when first asked for: at most 4352 pages, 1.1 MB. */
const pages: (Uint8Array | undefined)[] = [];

/** Class of a Unicode code point (0 to 0x10FFFF); a table look-up after the first of its 256 neighbours. */
export function characterClass(codePoint: number): CharacterClass {
  const index = codePoint >>> 8;
  let page = pages[index];
  if (page === undefined) {
    page = makePage(index * PAGE_SIZE);
    pages[index] = page;
  }
  return page[codePoint & 255] as CharacterClass;
}

/** The patterns run over the page as one string, which takes some 20 µs; asking for each character took 400. */
function makePage(first: number): Uint8Array {
  const characters = Array.from({ length: PAGE_SIZE }, (_, offset) => String.fromCodePoint(first + offset));
  const width = characters[0]!.length;
  const page = new Uint8Array(PAGE_SIZE);
  for (const [kind, pattern] of PATTERNS) {
    for (const { index } of characters.join('').matchAll(pattern)) page[index / width] = kind;
  }
  return page;
}
