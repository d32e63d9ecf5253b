import { type Random, seededRandom } from '../base/random.js';

/** A copy of the list in a random order, every order as likely (Fisher and Yates). */
export function shuffled<Item>(list: readonly Item[], random: Random): Item[] {
  const copy = [...list];
  for (let index = copy.length - 1; index > 0; index--) {
    const other = Math.floor(random.next() * (index + 1));
    [copy[index], copy[other]] = [copy[other]!, copy[index]!];
  }
  return copy;
}

/**
 * A repeatable stream of chance for one purpose, from a seed and a name (FNV-1a over the code points): streams of
 * different names have nothing to do with each other, so drawing more from one does not move the others.
 */
export function namedRandom(seed: number, name: string): Random {
  let hash = 0x811c9dc5;
  for (const part of `${seed}:${name}`) hash = Math.imul(hash ^ part.codePointAt(0)!, 0x01000193);
  return seededRandom(hash);
}
