/**
 * How much more than chance two orders of the same n things agree: Kendall's K over its standard deviation under chance,
 * with ties on both sides (Kendall, "Rank Correlation Methods", 1970, ch. 4), no continuity correction.
 * `K = Σ_{i<j} sign(a_i − a_j) · sign(b_i − b_j)`. 0 for fewer than two or where one side is all equal. O(n log n).
 */
export function kendallZ(a: Float64Array, b: Float64Array): number {
  const n = a.length;
  if (n < 2) return 0;
  const order = Array.from(a, (_, index) => index).sort((i, j) => a[i]! - a[j]! || b[i]! - b[j]!);
  const first = Float64Array.from(order, (index) => a[index]!);
  const second = Float64Array.from(order, (index) => b[index]!);
  const tiesA = countTies(groupsOf(n, (i) => first[i] === first[i - 1]));
  const tiesBoth = countTies(groupsOf(n, (i) => first[i] === first[i - 1] && second[i] === second[i - 1]));
  const discordant = sortCounting(second);
  const tiesB = countTies(groupsOf(n, (i) => second[i] === second[i - 1]));
  const k = pairs(n) - tiesA.pairs - tiesB.pairs + tiesBoth.pairs - 2 * discordant;
  const variance = varianceOf(n, tiesA, tiesB);
  return variance > 0 ? k / Math.sqrt(variance) : 0;
}

/** Sums over groups of t equal values. */
interface Ties {
  /** Σ t(t−1)/2. */
  readonly pairs: number;
  /** Σ t(t−1)(t−2). */
  readonly triples: number;
  /** Σ t(t−1)(2t+5). */
  readonly spread: number;
}

function varianceOf(n: number, a: Ties, b: Ties): number {
  const base = (n * (n - 1) * (2 * n + 5) - a.spread - b.spread) / 18;
  const both = (4 * a.pairs * b.pairs) / (2 * n * (n - 1));
  const triples = n < 3 ? 0 : (a.triples * b.triples) / (9 * n * (n - 1) * (n - 2));
  return base + both + triples;
}

function pairs(n: number): number {
  return (n * (n - 1)) / 2;
}

/** Sizes of the runs of neighbours that `sameAsBefore` calls equal. */
function groupsOf(n: number, sameAsBefore: (index: number) => boolean): number[] {
  const sizes = [1];
  for (let index = 1; index < n; index++) {
    if (sameAsBefore(index)) sizes[sizes.length - 1]!++;
    else sizes.push(1);
  }
  return sizes;
}

function countTies(sizes: readonly number[]): Ties {
  let tied = 0;
  let triples = 0;
  let spread = 0;
  for (const t of sizes) {
    tied += pairs(t);
    triples += t * (t - 1) * (t - 2);
    spread += t * (t - 1) * (2 * t + 5);
  }
  return { pairs: tied, triples, spread };
}

/** Sorts in place by merging; returns how many pairs stood in falling order. */
function sortCounting(values: Float64Array): number {
  let falling = 0;
  let from = values;
  let to: Float64Array = new Float64Array(values.length);
  for (let width = 1; width < values.length; width *= 2) {
    for (let start = 0; start < values.length; start += 2 * width) falling += merge(from, to, start, width);
    [from, to] = [to, from];
  }
  if (from !== values) values.set(from);
  return falling;
}

function merge(from: Float64Array, to: Float64Array, start: number, width: number): number {
  const middle = Math.min(start + width, from.length);
  const end = Math.min(start + 2 * width, from.length);
  let left = start;
  let right = middle;
  let falling = 0;
  for (let place = start; place < end; place++) {
    if (left < middle && (right >= end || from[left]! <= from[right]!)) {
      to[place] = from[left++]!;
    } else {
      falling += middle - left;
      to[place] = from[right++]!;
    }
  }
  return falling;
}
