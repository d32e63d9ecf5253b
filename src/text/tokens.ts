import { characterClass, LETTER, SPACE } from '../base/characters.js';
import { ALONE, PARTS_WORDS, type Reading, type VisitSpan } from '../base/word-reader.js';

const ASCII_LETTER = 1;
const ASCII_SPACE = 2;
/** By ASCII code: letter or digit, white space, else 0. */
const ASCII_KIND = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (/[a-z0-9]/i.test(character)) return ASCII_LETTER;
  return /\s/.test(character) ? ASCII_SPACE : 0;
});

/**
 * Tokens of a text in order, as BERT uncased reads it: lower case, beyond ASCII without accents (NFD, marks that take
 * no room left out); runs of letters, numbers and marks; every other character that is no white space alone; ideographs
 * alone.
 */
export const tokenReading: Reading = {
  asciiClasses: ASCII_KIND.map((kind, code) => {
    if (kind === ASCII_LETTER) return String.fromCharCode(code).toLowerCase().charCodeAt(0);
    return kind === ASCII_SPACE ? PARTS_WORDS : ALONE;
  }),
  forEachSpan: (text, visit) => visitTokens(fold(text), visit),
};

function fold(text: string): string {
  return text
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '');
}

function visitTokens(folded: string, visit: VisitSpan): void {
  let start = -1;
  let index = 0;
  while (index < folded.length) {
    const width = widthAt(folded, index);
    const kind = kindAt(folded, index);
    if (kind === RUN) {
      if (start < 0) start = index;
    } else {
      if (start >= 0) visit(folded, start, index);
      start = -1;
      if (kind === SINGLE) visit(folded, index, index + width);
    }
    index += width;
  }
  if (start >= 0) visit(folded, start, folded.length);
}

const RUN = 0;
const SINGLE = 1;
const BLANK = 2;

function kindAt(text: string, index: number): number {
  const code = text.charCodeAt(index);
  if (code < 128)
    return ASCII_KIND[code] === ASCII_LETTER ? RUN : ASCII_KIND[code] === ASCII_SPACE ? BLANK : SINGLE;
  const codePoint = text.codePointAt(index)!;
  const kind = characterClass(codePoint);
  if (kind >= LETTER) return isIdeograph(codePoint) ? SINGLE : RUN;
  return kind === SPACE ? BLANK : SINGLE;
}

/** UTF-16 units of the character at an index. */
function widthAt(text: string, index: number): number {
  const code = text.charCodeAt(index);
  return code >= 0xd800 && code < 0xdc00 && text.codePointAt(index)! > 0xffff ? 2 : 1;
}

/** The blocks that BERT's tokenizer takes as Chinese characters. */
function isIdeograph(codePoint: number): boolean {
  if (codePoint < 0x3400) return false;
  if (codePoint <= 0x9fff) return codePoint <= 0x4dbf || codePoint >= 0x4e00;
  if (codePoint <= 0xfaff) return codePoint >= 0xf900;
  return (codePoint >= 0x20000 && codePoint <= 0x2ceaf) || (codePoint >= 0x2f800 && codePoint <= 0x2fa1f);
}

/** The tokens of a text as words; for short texts and few of them: `TokenPieces` reads texts by the thousand. */
export function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  visitTokens(fold(text), (source, start, end) => tokens.push(source.slice(start, end)));
  return tokens;
}

/** Whether a token is one that letters may go on, so none that stands alone wherever it is. */
export function joinsLetters(token: string): boolean {
  return token !== '' && kindAt(token, 0) === RUN;
}
