import type { Pace } from '../base/pace.js';
import { vectorBytes } from '../base/vector-bytes.js';
import { dot } from './cosine.js';
import type { TextAnalysis } from './lexicon.js';
import { MAX_TEXT_LENGTH } from './lexicon.js';
import type { PairFeatures, QueryPairs } from './query-pairs.js';
import type { SlotIndex } from './slot-index.js';
import { TermCounts } from './term-counts.js';
import type { ReadText } from './term-namespace.js';
import type { TextCache, TextEntry } from './text-cache.js';
import type { SimilarityRow, WordSimilarity, WordVectors } from './word-similarity.js';

/** Similarities looked up between two questions for the time: 3 ms at most, if all are new. */
const STEP_LOOKUPS = 8192;
/** Characters from which a text is measured in steps. */
const LONG_TEXT = 4096;
/** Cosines are rounded to this, which is above float32's noise: texts of the same words in another order tie. */
const COSINE_STEP = 1e-6;

/** What pairs are measured with. */
export interface HybridTools {
  readonly words: WordVectors;
  readonly similarity: WordSimilarity;
  /** Scratch space. */
  readonly index: SlotIndex;
  readonly texts: TextCache;
  /** Whether entries' vectors are those of `words`. */
  readonly sharesKeyVectors: boolean;
}

/** Measures the pairs of one request with its query. */
export class HybridPairs {
  private readonly found: TermCounts;
  private readonly features: PairFeatures & { length: number; cosine: number };
  /** By term; the current ones are asked for in `row`. */
  private readonly rows: SimilarityRow[] = [];

  constructor(
    private readonly pairs: QueryPairs,
    private readonly tools: HybridTools,
  ) {
    const { terms } = pairs;
    this.found = new TermCounts(terms, tools.index);
    this.features = {
      length: 0,
      counts: this.found.counts,
      heads: new Uint8Array(terms.length),
      similarities: new Float32Array(terms.length),
      cosine: 0,
    };
  }

  /** One pair; the features are overwritten by the next one. */
  measure(entry: TextEntry, read: ReadText, pace: Pace): Promise<PairFeatures> | PairFeatures {
    if (entry.text.length > LONG_TEXT) return this.measureSlowly(entry, read, pace);
    const analysis = read(entry);
    const { terms } = this.pairs;
    if (analysis.size * terms.length > STEP_LOOKUPS) return this.measureSlowly(entry, read, pace);
    this.countTerms(entry, analysis);
    this.compareWords(analysis, 0, terms.length);
    return this.features;
  }

  /** The same for long texts and queries, in steps; each step reads the analysis again, as pauses may void it. */
  private async measureSlowly(entry: TextEntry, read: ReadText, pace: Pace): Promise<PairFeatures> {
    const { terms } = this.pairs;
    const { size } = read(entry);
    if (pace.due()) await pace.rest();
    this.countTerms(entry, read(entry));
    const step = Math.max(1, Math.floor(STEP_LOOKUPS / Math.max(1, size)));
    for (let from = 0; from < terms.length; from += step) {
      if (pace.due()) await pace.rest();
      this.compareWords(read(entry), from, Math.min(from + step, terms.length));
    }
    return this.features;
  }

  /** All features but the similarities, which are left 0. */
  private countTerms(entry: TextEntry, analysis: TextAnalysis): void {
    const { found, features } = this;
    const { places } = found;
    found.find(analysis);
    for (let term = 0; term < places.length; term++)
      features.heads[term] = places[term]! >= 0 && places[term]! < analysis.headSize ? 1 : 0;
    features.similarities.fill(0);
    features.length = analysis.length;
    features.cosine = this.cosine(entry);
  }

  /**
   * Fills in the similarities of the terms from `from` to before `to`. A term that the text holds needs none: no other
   * word is worth more than the term itself once.
   */
  private compareWords(analysis: TextAnalysis, from: number, to: number): void {
    const { counts, similarities } = this.features;
    for (let term = from; term < to; term++) {
      if (counts[term]! === 0) similarities[term] = this.tools.similarity.closest(this.row(term), analysis);
    }
  }

  private row(term: number): SimilarityRow {
    const row = this.tools.similarity.row(this.pairs.terms[term]!.word, this.rows[term]);
    this.rows[term] = row;
    return row;
  }

  private cosine(entry: TextEntry): number {
    const { pairs, tools } = this;
    pairs.vector ??= tools.words.encodeText(pairs.query.slice(0, MAX_TEXT_LENGTH));
    const query = pairs.vector;
    const text = this.textVector(entry);
    return Math.round(dot(query, text) / COSINE_STEP) * COSINE_STEP;
  }

  private textVector(entry: TextEntry): Float32Array {
    const { sharesKeyVectors, texts, words } = this.tools;
    const known = sharesKeyVectors ? entry.vector : entry.wordVector;
    if (known !== undefined) return known;
    const vector = words.encodeText(entry.text);
    if (sharesKeyVectors) texts.setVector(entry, vector, false);
    else {
      entry.wordVector = vector;
      texts.grew(entry, vectorBytes(vector.length));
    }
    return vector;
  }
}
