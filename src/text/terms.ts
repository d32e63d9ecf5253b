import { stem } from './stem.js';
import { STOP_WORDS } from './stop-words.js';
import { forEachWord } from './words.js';

/** The stems of a text's content words, in order, repetitions kept; empty where there are only stop words. */
export function termsOf(text: string): string[] {
  const terms: string[] = [];
  forEachWord(text, (word) => {
    if (!STOP_WORDS.has(word)) terms.push(stem(word));
  });
  return terms;
}
