import type { Pace, StartPace } from '../base/pace.js';
import type { DocumentPrior } from '../text/prior.js';
import { exactGain, lengthNorm, softGain } from './bm25.js';
import { Lexicon } from './lexicon.js';
import { minMax } from './min-max.js';
import type { PairFeatures, QueryPairs } from './query-pairs.js';
import type { Scorer } from './scorer.js';
import { SlotIndex } from './slot-index.js';
import { meanLength, termCounts, termPlaces } from './term-counts.js';
import { type Blend, type ReadText, type TermMeasure, TermNamespace } from './term-namespace.js';
import { MAX_TEXT_LENGTH } from './text-analyser.js';
import type { TextAnalysis } from './text-analysis.js';
import type { TextCache, TextEntry } from './text-cache.js';
import { WordSimilarity, type WordVectors } from './word-similarity.js';

/** Shares of the three parts, each scaled over the candidates first; chosen on six development collections. */
const WEIGHTS = { bm25: 0.5, cosine: 0.25, head: 0.25 } as const;
const DEFAULT_ROW_BYTES = 64 * 1024 * 1024;
/** Similarities looked up between two questions for the time: 3 ms at most, if all are new. */
const STEP_LOOKUPS = 8192;
/** Characters from which a text is measured in steps. */
const LONG_TEXT = 4096;
/** Cosines are rounded to this, which is above float32's noise: texts of the same words in another order tie. */
const COSINE_STEP = 1e-6;

export interface HybridOptions {
  readonly words: WordVectors;
  readonly prior: DocumentPrior;
  /** Whether `words` is also the key encoder, so that entries' vectors are its own; default false. */
  readonly sharesKeyVectors?: boolean | undefined;
  /** Bound of the similarities between words, shared by all namespaces; default 64 MiB. */
  readonly maxRowBytes?: number | undefined;
  /** Words, shared with the other term scorers of a combination; default: its own. */
  readonly lexicon?: Lexicon | undefined;
  /** Default: a pace of 5 ms slices. */
  readonly startPace?: StartPace | undefined;
}

/**
 * The default base score: BM25 with soft matching over static word vectors, the cosine of the pooled vectors, and the
 * query's words at the text's head. Scores in [0, 1] relative to the list; parts `bm25`, `cosine` and `head` scaled.
 */
export function createHybridScorer(options: HybridOptions): Scorer {
  const { words, prior, startPace } = options;
  const tools = { lexicon: options.lexicon ?? new Lexicon(), index: new SlotIndex(), prior, startPace };
  const similarity = new WordSimilarity(words, tools.lexicon, options.maxRowBytes ?? DEFAULT_ROW_BYTES);
  const shared = options.sharesKeyVectors ?? false;
  return {
    name: 'hybrid',
    revision: `hybrid-1 ${words.name}@${words.version} ${prior.revision}`,
    autoInputPrior: true,
    open(context) {
      const measure = new HybridMeasure(words, similarity, tools.index, context.texts, shared);
      return new TermNamespace(context, tools, measure);
    },
    async close() {
      similarity.clear();
    },
  };
}

class HybridMeasure implements TermMeasure {
  readonly soft = true;

  constructor(
    private readonly words: WordVectors,
    private readonly similarity: WordSimilarity,
    private readonly index: SlotIndex,
    private readonly texts: TextCache,
    private readonly sharesKeyVectors: boolean,
  ) {}

  measure(
    pairs: QueryPairs,
    entry: TextEntry,
    read: ReadText,
    pace: Pace,
  ): Promise<PairFeatures> | PairFeatures {
    if (entry.text.length > LONG_TEXT) return this.measureSlowly(pairs, entry, read, pace);
    const analysis = read(entry);
    if (analysis.size * pairs.terms.length > STEP_LOOKUPS)
      return this.measureSlowly(pairs, entry, read, pace);
    const features = this.countTerms(pairs, entry, analysis);
    this.compareWords(pairs, analysis, 0, pairs.terms.length, features);
    return features;
  }

  blend(pairs: QueryPairs, rows: Int32Array, idfs: Float64Array): Blend {
    const bm25 = minMax(softBm25(pairs, rows, idfs));
    const cosine = minMax(Float64Array.from(rows, (row) => pairs.cosines[row]!));
    const head = minMax(headShares(pairs, rows, idfs));
    const scores = bm25.map(
      (value, index) => WEIGHTS.bm25 * value + WEIGHTS.cosine * cosine[index]! + WEIGHTS.head * head[index]!,
    );
    return { scores, parts: { bm25, cosine, head } };
  }

  /** The same for long texts and queries, in steps; each step reads the analysis again, as pauses may void it. */
  private async measureSlowly(
    pairs: QueryPairs,
    entry: TextEntry,
    read: ReadText,
    pace: Pace,
  ): Promise<PairFeatures> {
    const { size } = read(entry);
    if (pace.due()) await pace.rest();
    const features = this.countTerms(pairs, entry, read(entry));
    const step = Math.max(1, Math.floor(STEP_LOOKUPS / Math.max(1, size)));
    for (let from = 0; from < pairs.terms.length; from += step) {
      if (pace.due()) await pace.rest();
      this.compareWords(pairs, read(entry), from, Math.min(from + step, pairs.terms.length), features);
    }
    return features;
  }

  /** All features but the similarities, which are left 0. */
  private countTerms(pairs: QueryPairs, entry: TextEntry, analysis: TextAnalysis): PairFeatures {
    const places = termPlaces(pairs.terms, analysis, this.index);
    return {
      length: analysis.length,
      counts: termCounts(places, analysis),
      heads: Uint8Array.from(places, (place) => (place >= 0 && place < analysis.headSize ? 1 : 0)),
      similarities: new Float32Array(places.length),
      cosine: this.cosine(pairs, entry, analysis),
    };
  }

  /**
   * Fills in the similarities of the terms from `from` to before `to`. A term that the text holds needs none: no other
   * word is worth more than the term itself once.
   */
  private compareWords(
    { terms }: QueryPairs,
    analysis: TextAnalysis,
    from: number,
    to: number,
    { counts, similarities }: PairFeatures,
  ): void {
    for (let term = from; term < to; term++) {
      if (counts[term]! > 0) continue;
      similarities[term] = this.similarity.closest(this.similarity.row(terms[term]!.word), analysis);
    }
  }

  private cosine(pairs: QueryPairs, entry: TextEntry, analysis: TextAnalysis): number {
    pairs.vector ??= this.words.encodeText(pairs.query.slice(0, MAX_TEXT_LENGTH));
    const text = this.textVector(entry, analysis);
    let product = 0;
    for (let k = 0; k < text.length; k++) product += pairs.vector[k]! * text[k]!;
    return Math.round(product / COSINE_STEP) * COSINE_STEP;
  }

  private textVector(entry: TextEntry, analysis: TextAnalysis): Float32Array {
    const known = this.sharesKeyVectors ? entry.vector : analysis.vector;
    if (known !== undefined) return known;
    const vector = this.words.encodeText(entry.text);
    if (this.sharesKeyVectors) entry.vector = vector;
    else analysis.vector = vector;
    this.texts.grew(entry, vector.byteLength);
    return vector;
  }
}

/** Each query term counts by its appearances or, in a text without it, by the most similar word. */
function softBm25(
  { terms, counts, similarities, lengths }: QueryPairs,
  rows: Int32Array,
  idfs: Float64Array,
): Float64Array {
  const sums = new Float64Array(rows.length);
  const mean = meanLength(lengths, rows);
  for (let index = 0; index < rows.length; index++) {
    const norm = lengthNorm(lengths[rows[index]!]!, mean);
    let cell = rows[index]! * terms.length;
    for (let term = 0; term < terms.length; term++, cell++) {
      const gain = Math.max(exactGain(counts[cell]!, norm), softGain(similarities[cell]!, norm));
      sums[index]! += idfs[term]! * terms[term]!.count * gain;
    }
  }
  return sums;
}

/** Share of the query's idf that is among the text's first words. */
function headShares({ terms, heads }: QueryPairs, rows: Int32Array, idfs: Float64Array): Float64Array {
  const shares = new Float64Array(rows.length);
  const total = idfs.reduce((sum, value) => sum + value, 0) || 1;
  for (let index = 0; index < rows.length; index++) {
    const first = rows[index]! * terms.length;
    for (let term = 0; term < terms.length; term++)
      shares[index]! += (heads[first + term]! * idfs[term]!) / total;
  }
  return shares;
}
