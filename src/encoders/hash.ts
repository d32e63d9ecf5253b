import { Pace, type StartPace } from '../base/pace.js';
import type { Encoder } from './encoder.js';

const DIMENSION = 256;
const GRAM_LENGTH = 4;
/** Weight of all of a word's 4-grams together, beside 1 for the word. */
const GRAM_WEIGHT = 0.35;
/** As strict on unrelated queries as .86 is for the static model, or stricter (measured on two collections). */
const TAU = 0.84;

export interface HashEncoderOptions {
  /** The stems of a text's content words, in order, repetitions kept. */
  readonly terms: (text: string) => readonly string[];
  /** Share of general documents that hold a stem, in (0, 1); must never learn, or stored keys would move. */
  readonly share: (stem: string) => number;
  /** Default: a pace of 5 ms slices. */
  readonly startPace?: StartPace;
}

/**
 * Bi-encoder without a model: feature hashing (Weinberger et al., ICML 2009) of stems and their character 4-grams into
 * 256 signed dimensions, weighted by idf. Knows no meaning; good for tests and for languages the static model lacks.
 */
export function createHashEncoder({
  terms,
  share,
  startPace = () => new Pace(),
}: HashEncoderOptions): Encoder {
  let closed = false;
  return {
    name: 'hash',
    version: 'v1',
    dimension: DIMENSION,
    tau: TAU,
    async encode(texts) {
      if (closed) throw new Error('encoder hash is closed');
      const pace = startPace();
      const vectors: Float32Array[] = [];
      for (const text of texts) {
        if (pace.due()) await pace.rest();
        vectors.push(encodeTerms(terms(text), share));
      }
      return vectors;
    },
    async close() {
      closed = true;
    },
  };
}

function encodeTerms(terms: readonly string[], share: (stem: string) => number): Float32Array {
  const sum = new Float64Array(DIMENSION);
  for (const term of terms) {
    const weight = -Math.log(share(term));
    addFeature(sum, term, weight);
    const padded = ` ${term} `;
    const grams = padded.length - GRAM_LENGTH + 1;
    for (let start = 0; start < grams; start++) {
      addFeature(
        sum,
        `#${padded.slice(start, start + GRAM_LENGTH)}`,
        (weight * GRAM_WEIGHT) / Math.sqrt(grams),
      );
    }
  }
  return unit(sum);
}

function addFeature(sum: Float64Array, feature: string, weight: number): void {
  const hashed = hash(feature);
  sum[hashed % DIMENSION]! += hashed >>> 31 === 1 ? -weight : weight;
}

/** FNV-1a over UTF-16 units, 32 bits, with MurmurHash3's finaliser, for FNV's low bits are weak. Never to be changed. */
function hash(feature: string): number {
  let state = 0x811c9dc5;
  for (let index = 0; index < feature.length; index++) {
    state = Math.imul(state ^ feature.charCodeAt(index), 0x01000193);
  }
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return (state ^ (state >>> 16)) >>> 0;
}

/** Of unit length; the zero vector where nothing was added. */
function unit(sum: Float64Array): Float32Array {
  const length = Math.hypot(...sum);
  return length === 0 ? new Float32Array(DIMENSION) : Float32Array.from(sum, (value) => value / length);
}
