import { dot } from './similarity.js';

/** Cosines of some unit vectors with each other, worked out once; the vectors are not kept. Cost: n² / 2 products; 4 µs for ten of 192 numbers. */
export class PairSimilarities {
  /** The largest of two different ones; −1 for fewer than two. */
  readonly largest: number;
  /** Of the second with the first, then of the third with each before it, and so on. */
  private readonly cosines: number[] = [];

  constructor(vectors: readonly Float32Array[]) {
    let largest = -1;
    for (let a = 1; a < vectors.length; a++) {
      for (let b = 0; b < a; b++) {
        const cosine = dot(vectors[a], vectors[b]);
        this.cosines.push(cosine);
        if (cosine > largest) largest = cosine;
      }
    }
    this.largest = largest;
  }

  /** Cosine of the vectors at two places, in either order; 1 at the same. */
  between(a: number, b: number): number {
    if (a === b) return 1;
    return a > b ? this.cosines[(a * (a - 1)) / 2 + b] : this.between(b, a);
  }
}
