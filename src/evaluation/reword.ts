import type { Random } from '../base/random.js';
import { shuffled } from './shuffle.js';

/** Share of the words that a rewording leaves out. */
export const DROPPED_SHARE = 0.3;

/** Words that turn a need into another one when they go: numbers, negations, prefixes of opposites. */
const DECISIVE = /\p{N}|^(?:no|not|nor|none|never|neither|without|cannot)$|n['’]t$|^(?:un|dis|non)/iu;

/** How often chance may answer with the words as they were. */
const ATTEMPTS = 8;

/**
 * Another wording of the same need, for collections that have one wording of each: 30 % of the words (rounded down)
 * left out, the rest in another order. Numbers, negations and words like "unsteady" stay, for without them it would be
 * another need; signs that stand alone go. Undefined where no other order exists, as for a single word.
 */
export function reword(text: string, random: Random): string | undefined {
  const words = text.split(/\s+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const spare = shuffled(
    words.flatMap((word, index) => (DECISIVE.test(word) ? [] : [index])),
    random,
  );
  const dropped = new Set(spare.slice(0, Math.floor(words.length * DROPPED_SHARE)));
  const kept = words.filter((_, index) => !dropped.has(index));
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const other = shuffled(kept, random).join(' ');
    if (other !== words.join(' ')) return other;
  }
  return undefined;
}
