import { characterClass, isAscii, LETTER, SPACE } from '../base/characters.js';

const ASCII_LETTER = 1;
const ASCII_SPACE = 2;
/** By ASCII code: letter or digit, white space, else 0. */
const ASCII_KIND = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (/[a-z0-9]/i.test(character)) return ASCII_LETTER;
  return /\s/.test(character) ? ASCII_SPACE : 0;
});

/** Lower case, and beyond ASCII without accents (NFD, marks that take no room left out), as BERT uncased reads text. */
export function fold(text: string): string {
  const lower = text.toLowerCase();
  return isAscii(lower) ? lower : lower.normalize('NFD').replace(/\p{Mn}/gu, '');
}

/** Is given a token as the part of `source` from `start` to before `end`. */
export type VisitToken = (source: string, start: number, end: number) => void;

/**
 * Calls `visit` with the tokens of a folded text in order: runs of letters, numbers and marks; every other character
 * that is no white space alone; ideographs alone.
 */
export function forEachToken(folded: string, visit: VisitToken): void {
  if (isAscii(folded)) visitAscii(folded, visit);
  else visitUnicode(folded, visit);
}

function visitAscii(folded: string, visit: VisitToken): void {
  let start = -1;
  for (let index = 0; index < folded.length; index++) {
    const kind = ASCII_KIND[folded.charCodeAt(index)];
    if (kind === ASCII_LETTER) {
      if (start < 0) start = index;
      continue;
    }
    if (start >= 0) visit(folded, start, index);
    start = -1;
    if (kind !== ASCII_SPACE) visit(folded, index, index + 1);
  }
  if (start >= 0) visit(folded, start, folded.length);
}

function visitUnicode(folded: string, visit: VisitToken): void {
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
      if (kind === ALONE) visit(folded, index, index + width);
    }
    index += width;
  }
  if (start >= 0) visit(folded, start, folded.length);
}

const RUN = 0;
const ALONE = 1;
const BLANK = 2;

function kindAt(text: string, index: number): number {
  const code = text.charCodeAt(index);
  if (code < 128)
    return ASCII_KIND[code] === ASCII_LETTER ? RUN : ASCII_KIND[code] === ASCII_SPACE ? BLANK : ALONE;
  const codePoint = text.codePointAt(index)!;
  const kind = characterClass(codePoint);
  if (kind >= LETTER) return isIdeograph(codePoint) ? ALONE : RUN;
  return kind === SPACE ? BLANK : ALONE;
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
