/** Where chance comes from: uniform numbers in [0, 1). Passed in, so that a seed repeats a run exactly. */
export interface Random {
  next(): number;
}

/** Chance nobody needs to repeat. Not for secrets: request ids come from `node:crypto`. */
export const systemRandom: Random = { next: () => Math.random() };

/**
 * A repeatable stream from a 32-bit seed: mulberry32 (Tommy Ettinger, public domain), period 2^32. Good enough for
 * exploration and simulations, unfit for secrets.
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
    },
  };
}
