/** Saturation of term counts (Robertson & Zaragoza, 2009). */
const K1 = 1.6;
/** How much long texts are held back, 0 to 1. */
const B = 0.7;
/** Candidates that the prior of a stem's document share weighs as much as. */
const PRIOR_WEIGHT = 200;
/** Half a document among 3000: keeps the idf of a stem that nobody or everybody holds finite. */
const SMOOTHING = 0.5 / 3000;
/** How much being common among the candidates takes from a stem's idf while nothing is learned. */
const LOCAL_WEIGHT = 0.5;

/** What is known of a query term's frequency. */
export interface TermFrequency {
  /** Candidates of earlier requests that could have counted, and those of them that held the stem. */
  readonly seen: number;
  readonly count: number;
  /** Share of general documents that hold the stem, in (0, 1). */
  readonly prior: number;
  /** Share of this request's candidates that hold it. */
  readonly local: number;
}

/** Inverse document frequency of a term: positive and finite. */
export function idf({ seen, count, prior, local }: TermFrequency): number {
  const share = (count + PRIOR_WEIGHT * prior) / (seen + PRIOR_WEIGHT);
  const rarity = Math.log(1 + (1 - share + SMOOTHING) / (share + SMOOTHING));
  return rarity * (1 - (LOCAL_WEIGHT * local * PRIOR_WEIGHT) / (PRIOR_WEIGHT + seen));
}

/** `K` of a text: how slowly its counts saturate. `meanLength` ≥ 1. */
export function lengthNorm(length: number, meanLength: number): number {
  return K1 * (1 - B + (B * length) / meanLength);
}

/** What a term's count in a text is worth, before its idf. */
export function exactGain(count: number, norm: number): number {
  return (count * (K1 + 1)) / (count + norm);
}

/** What a similar word is worth, before the term's idf; `similarity` in [0, 1], 1 = as good as the word once. */
export function softGain(similarity: number, norm: number): number {
  return (similarity * (K1 + 1)) / (1 + norm);
}

/** BM25 of each text: its terms' gains (text by text, in `gains`) times their idf. */
export function sumOfGains(gains: Float64Array, texts: number, idfs: Float64Array): Float64Array {
  const sums = new Float64Array(texts);
  let cell = 0;
  for (let index = 0; index < texts; index++) {
    let sum = 0;
    for (let term = 0; term < idfs.length; term++) sum += gains[cell++]! * idfs[term]!;
    sums[index] = sum;
  }
  return sums;
}
