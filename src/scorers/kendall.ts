/**
 * How much more than chance two orders of the same n things agree: Kendall's K over its standard deviation under chance,
 * with ties on both sides (Kendall, "Rank Correlation Methods", 1970, ch. 4), no continuity correction.
 * `K = Σ_{i<j} sign(a_i − a_j) · sign(b_i − b_j)`. 0 for fewer than two or where one side is all equal. O(n log n).
 */
export function kendallZ(a: Float64Array, b: Float64Array): number {
  const n = a.length;
  if (n < 2) return 0;
  if (n <= SHORT_LIST) {
    const { k, tied } = comparePairs(a, b);
    return tied ? standardised(k, n, tiesOf(a), tiesOf(b)) : standardised(k, n, NO_TIES, NO_TIES);
  }
  const tiesA = tiesOf(a);
  const tiesB = tiesOf(b);
  return standardised(sortedConcordance(a, b, tiesA, tiesB), n, tiesA, tiesB);
}

/**
 * The same of values and the order in which they stand, the first being best: what `kendallZ` gives for them and any falling
 * row. Sorts once.
 */
export function orderZ(values: Float64Array): number {
  const n = values.length;
  if (n < 2) return 0;
  const sorted = values.slice();
  const falling = sortCounting(sorted);
  const ties = countTies(n, (index) => sorted[index] === sorted[index - 1]);
  return standardised(2 * falling + ties.pairs - pairs(n), n, ties, NO_TIES);
}

/** Up to here comparing every pair takes less than sorting. */
const SHORT_LIST = 64;

function standardised(k: number, n: number, tiesA: Ties, tiesB: Ties): number {
  const variance = varianceOf(n, tiesA, tiesB);
  return variance > 0 ? k / Math.sqrt(variance) : 0;
}

/** K by its definition, and whether any values of one side are equal. */
function comparePairs(a: Float64Array, b: Float64Array): { k: number; tied: boolean } {
  let k = 0;
  let tied = false;
  for (let i = 1; i < a.length; i++) {
    const x = a[i]!;
    const y = b[i]!;
    for (let j = 0; j < i; j++) {
      const first = x > a[j]! ? 1 : x < a[j]! ? -1 : 0;
      const second = y > b[j]! ? 1 : y < b[j]! ? -1 : 0;
      k += first * second;
      if (first === 0 || second === 0) tied = true;
    }
  }
  return { k, tied };
}

/** K by merge sort (Knight 1966): all pairs, less the tied, less twice those in falling order. */
function sortedConcordance(a: Float64Array, b: Float64Array, tiesA: Ties, tiesB: Ties): number {
  const n = a.length;
  const order = Array.from(a, (_, index) => index).sort((i, j) => a[i]! - a[j]! || b[i]! - b[j]!);
  const first = Float64Array.from(order, (index) => a[index]!);
  const second = Float64Array.from(order, (index) => b[index]!);
  const both = countTies(n, (i) => first[i] === first[i - 1] && second[i] === second[i - 1]);
  return pairs(n) - tiesA.pairs - tiesB.pairs + both.pairs - 2 * sortCounting(second);
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

const NO_TIES: Ties = Object.freeze({ pairs: 0, triples: 0, spread: 0 });

function varianceOf(n: number, a: Ties, b: Ties): number {
  const base = (n * (n - 1) * (2 * n + 5) - a.spread - b.spread) / 18;
  const both = (4 * a.pairs * b.pairs) / (2 * n * (n - 1));
  const triples = n < 3 ? 0 : (a.triples * b.triples) / (9 * n * (n - 1) * (n - 2));
  return base + both + triples;
}

function pairs(n: number): number {
  return (n * (n - 1)) / 2;
}

/** Ties among values. */
function tiesOf(values: Float64Array): Ties {
  const sorted = values.slice().sort();
  return countTies(values.length, (index) => sorted[index] === sorted[index - 1]);
}

/** Counts runs of neighbours that `sameAsBefore` calls equal. */
function countTies(n: number, sameAsBefore: (index: number) => boolean): Ties {
  const ties = { pairs: 0, triples: 0, spread: 0 };
  let size = 1;
  for (let index = 1; index <= n; index++) {
    if (index < n && sameAsBefore(index)) {
      size++;
    } else if (size > 1) {
      ties.pairs += pairs(size);
      ties.triples += size * (size - 1) * (size - 2);
      ties.spread += size * (size - 1) * (2 * size + 5);
      size = 1;
    }
  }
  return ties;
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
