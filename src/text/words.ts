import { CJK, characterClass, LETTER, UNSPACED } from '../base/characters.js';
import { PARTS_WORDS, type Reading, type VisitSpan } from '../base/word-reader.js';

/** Splits by dictionary; the locale only decides between dictionaries that all come with the engine. */
const segmenter = new Intl.Segmenter('en', { granularity: 'word' });

/** 1 for ASCII letters, digits and `_`. */
const ASCII_WORD = Uint8Array.from({ length: 128 }, (_, code) =>
  /\w/.test(String.fromCharCode(code)) ? 1 : 0,
);

/**
 * Words of a text in order: NFC, lower case, runs of letters, numbers, marks and `_`. Runs of Han, Kana, Hangul, Thai,
 * Lao, Khmer and Myanmar are split by dictionary; Han, Kana and Hangul runs add their pairs of neighbouring characters
 * after their words, because dictionaries cut one name in different ways. Stop words are words too.
 */
export const wordReading: Reading = {
  asciiClasses: Uint8Array.from({ length: 128 }, (_, code) =>
    ASCII_WORD[code] === 1 ? String.fromCharCode(code).toLowerCase().charCodeAt(0) : PARTS_WORDS,
  ),
  forEachSpan: (text, visit) => visitWords(text.normalize('NFC').toLowerCase(), visit),
};

/** Calls `visit` with each word of a text, cut out. Words may be views of the text: detach what you keep. */
export function forEachWord(text: string, visit: (word: string) => void): void {
  wordReading.forEachSpan(text, (source, start, end) => visit(source.slice(start, end)));
}

function visitWords(text: string, visit: VisitSpan): void {
  let start = 0;
  let runKind = 0;
  let index = 0;
  while (index < text.length) {
    const code = text.charCodeAt(index);
    const wide = code >= 0xd800 && code < 0xe000;
    const kind = code < 128 ? ASCII_WORD[code]! * LETTER : wordKind(wide ? text.codePointAt(index)! : code);
    if (kind !== runKind) {
      if (runKind !== 0) visitRun(text, start, index, runKind, visit);
      start = index;
      runKind = kind;
    }
    index += wide && text.codePointAt(index)! > 0xffff ? 2 : 1;
  }
  if (runKind !== 0) visitRun(text, start, text.length, runKind, visit);
}

/** The class of a code point that belongs to words, else 0. */
function wordKind(codePoint: number): number {
  const kind = characterClass(codePoint);
  return kind >= LETTER ? kind : 0;
}

function visitRun(text: string, start: number, end: number, kind: number, visit: VisitSpan): void {
  if (kind !== CJK && kind !== UNSPACED) {
    visit(text, start, end);
    return;
  }
  const run = text.slice(start, end);
  const words = new Set<string>();
  for (const { segment, index } of segmenter.segment(run)) {
    words.add(segment);
    visit(run, index, index + segment.length);
  }
  if (kind === CJK) visitPairs(run, words, visit);
}

/** Pairs of neighbouring characters, except those that were visited as words of this run. */
function visitPairs(run: string, words: ReadonlySet<string>, visit: VisitSpan): void {
  let end = 0;
  let previous = '';
  for (const character of run) {
    end += character.length;
    const pair = previous + character;
    if (previous !== '' && !words.has(pair)) visit(run, end - pair.length, end);
    previous = character;
  }
}
