/**
 * Share of a text at which a piece counts half: a of a/(a + p), after "A simple but tough-to-beat baseline" (ICLR
 * 2017).
 */
const HALF_SHARE = 0.001;
/** Zipf and Mandelbrot: the piece of rank r has 1/(r + 2.7) of what the sum over all ranks leaves it. */
const RANK_SHIFT = 2.7;
/** Euler and Mascheroni: the first n of 1/r add up to about ln n + γ. */
const EULER_GAMMA = 0.577;
/** What the vocabulary's order counts beside texts, in pieces. */
const PRIOR_PIECES = 100_000;

/**
 * Share of running text that each piece is thought to be, from the vocabulary's order alone: the more frequent come
 * first. Single characters stand in front of a vocabulary in no such order: all of them are taken for as frequent as
 * `CHARACTER_RANK` says. Pieces without a surface (null) get 0.
 */
export function sharesByRank(surfaces: readonly (string | null)[]): Float64Array {
  const pieces = surfaces.filter((surface) => surface !== null).length;
  const total = Math.log(Math.max(1, pieces)) + EULER_GAMMA;
  const share = (rank: number) => 1 / ((rank + RANK_SHIFT) * total);
  let rank = 0;
  return Float64Array.from(surfaces, (surface) => {
    if (surface === null) return 0;
    return share(isCharacter(surface) ? CHARACTER_RANK : ++rank);
  });
}

/** The rank that single characters get. */
const CHARACTER_RANK = 10;

function isCharacter(surface: string): boolean {
  return surface.length === (surface.codePointAt(0)! > 0xffff ? 2 : 1);
}

/** Shares as counted in texts, with the thought ones standing for 100 000 pieces more. */
export function sharesInTexts(thought: Float64Array, counts: ArrayLike<number>): Float64Array {
  let all = PRIOR_PIECES;
  for (let piece = 0; piece < counts.length; piece++) all += counts[piece];
  return thought.map((share, piece) => (counts[piece] + PRIOR_PIECES * share) / all);
}

/** What a piece counts: a/(a + p), in (0, 1]; the rarer, the more. */
export function pieceWeight(share: number): number {
  return HALF_SHARE / (HALF_SHARE + share);
}
