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

const WORD = /[\p{L}\p{N}\p{M}]/u;
const WHITE = /\s/u;
const CJK_SCRIPTS = /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Bopomofo}\p{scx=Hangul}]/u;
const UNSPACED_SCRIPTS = /[\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]/u;
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

/** Whether every character is ASCII. */
export function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 127) return false;
  return true;
}

function makePage(first: number): Uint8Array {
  return Uint8Array.from({ length: PAGE_SIZE }, (_, offset) =>
    classify(String.fromCodePoint(first + offset)),
  );
}

function classify(character: string): CharacterClass {
  if (WHITE.test(character)) return SPACE;
  if (!WORD.test(character)) return SEPARATOR;
  if (CJK_SCRIPTS.test(character)) return CJK;
  return UNSPACED_SCRIPTS.test(character) ? UNSPACED : LETTER;
}
