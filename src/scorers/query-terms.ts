import { detached } from '../base/detached.js';
import { stem } from '../text/stem.js';
import { STOP_WORDS } from '../text/stop-words.js';
import { forEachWord } from '../text/words.js';
import { MAX_TEXT_LENGTH } from './lexicon.js';

/** Most distinct terms of a query that count, the first ones; bounds the work a query asks for. */
const MAX_TERMS = 512;

/** A distinct term of a query. */
export interface QueryTerm {
  readonly stem: string;
  /** Its first form in the query. */
  readonly word: string;
  /** How often it appears. */
  readonly count: number;
}

/** The distinct terms of a query in the order of their first appearance; empty where there are only stop words. */
export function readQueryTerms(query: string): QueryTerm[] {
  const terms = new Map<string, { stem: string; word: string; count: number }>();
  forEachWord(query.slice(0, MAX_TEXT_LENGTH), (word) => {
    if (STOP_WORDS.has(word)) return;
    const stemmed = stem(word);
    const known = terms.get(stemmed);
    if (known !== undefined) known.count++;
    else if (terms.size < MAX_TERMS) terms.set(stemmed, { stem: stemmed, word: detached(word), count: 1 });
  });
  return [...terms.values()];
}
