import type { StartPace } from '../base/pace.js';
import type { DocumentPrior } from '../text/prior.js';
import { exactGain, lengthNorm, softGain, sumOfGains } from './bm25.js';
import { HybridPairs, type HybridTools } from './hybrid-pairs.js';
import { Lexicon } from './lexicon.js';
import { scaleMinMax } from './min-max.js';
import type { QueryPairs } from './query-pairs.js';
import type { Scorer } from './scorer.js';
import { SlotIndex } from './slot-index.js';
import { StemPriors } from './stem-priors.js';
import { meanLength } from './term-counts.js';
import { type TermMeasure, TermNamespace } from './term-namespace.js';
import { WordSimilarity, type WordVectors } from './word-similarity.js';

/** Shares of the three parts, each scaled over the candidates first; chosen on six development collections. */
const WEIGHTS = { bm25: 0.5, cosine: 0.25, head: 0.25 } as const;
const DEFAULT_ROW_BYTES = 64 * 1024 * 1024;

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
  const lexicon = options.lexicon ?? new Lexicon();
  const priors = new StemPriors(lexicon, prior);
  const tools = { lexicon, index: new SlotIndex(), priors, startPace };
  const similarity = new WordSimilarity(words, lexicon, options.maxRowBytes ?? DEFAULT_ROW_BYTES);
  const sharesKeyVectors = options.sharesKeyVectors ?? false;
  return {
    name: 'hybrid',
    revision: `hybrid-1 ${words.name}@${words.version} ${prior.revision}`,
    autoInputPrior: true,
    scale: 'relative',
    open(context) {
      const { index } = tools;
      const measure = hybridMeasure({ words, similarity, index, texts: context.texts, sharesKeyVectors });
      return new TermNamespace(context, tools, measure);
    },
    async close() {
      similarity.clear();
    },
  };
}

function hybridMeasure(tools: HybridTools): TermMeasure {
  return {
    soft: true,
    begin(pairs) {
      const measured = new HybridPairs(pairs, tools);
      return (entry, read, pace) => measured.measure(entry, read, pace);
    },
    prepare(pairs, rows) {
      const gains = softGains(pairs, rows);
      const heads = cellsOf(pairs.heads, pairs.terms.length, rows);
      const cosine = new Float64Array(rows.length);
      for (let index = 0; index < rows.length; index++) cosine[index] = pairs.cosines[rows[index]!]!;
      scaleMinMax(cosine);
      return (idfs) => {
        const bm25 = scaleMinMax(sumOfGains(gains, rows.length, idfs));
        const head = scaleMinMax(headShares(heads, rows.length, idfs));
        const scores = new Float64Array(rows.length);
        for (let index = 0; index < scores.length; index++)
          scores[index] =
            WEIGHTS.bm25 * bm25[index]! + WEIGHTS.cosine * cosine[index]! + WEIGHTS.head * head[index]!;
        return { scores, parts: { bm25, cosine, head } };
      };
    },
  };
}

/** Gain of each query term in each text: by its appearances or, in a text without it, by the most similar word. */
function softGains(pairs: QueryPairs, rows: Int32Array): Float64Array {
  const { terms, counts, similarities, lengths } = pairs;
  const gains = new Float64Array(rows.length * terms.length);
  const mean = meanLength(lengths, rows);
  let place = 0;
  for (let index = 0; index < rows.length; index++) {
    const norm = lengthNorm(lengths[rows[index]!]!, mean);
    let cell = rows[index]! * terms.length;
    for (let term = 0; term < terms.length; term++, cell++) {
      const gain = Math.max(exactGain(counts[cell]!, norm), softGain(similarities[cell]!, norm));
      gains[place++] = terms[term]!.count * gain;
    }
  }
  return gains;
}

function cellsOf(cells: Uint8Array, terms: number, rows: Int32Array): Uint8Array {
  const chosen = new Uint8Array(rows.length * terms);
  for (let index = 0; index < rows.length; index++)
    for (let term = 0; term < terms; term++)
      chosen[index * terms + term] = cells[rows[index]! * terms + term]!;
  return chosen;
}

/** Share of the query's idf that is among the text's first words. */
function headShares(heads: Uint8Array, texts: number, idfs: Float64Array): Float64Array {
  const shares = new Float64Array(texts);
  let total = 0;
  for (let term = 0; term < idfs.length; term++) total += idfs[term]!;
  let cell = 0;
  for (let index = 0; index < texts; index++) {
    let sum = 0;
    for (let term = 0; term < idfs.length; term++) sum += heads[cell++]! * idfs[term]!;
    shares[index] = sum / (total || 1);
  }
  return shares;
}
