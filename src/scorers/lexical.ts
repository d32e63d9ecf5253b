import type { StartPace } from '../base/pace.js';
import type { DocumentPrior } from '../text/prior.js';
import { exactGain, lengthNorm, sumOfGains } from './bm25.js';
import { Lexicon } from './lexicon.js';
import { minMax } from './min-max.js';
import type { QueryPairs } from './query-pairs.js';
import type { Scorer } from './scorer.js';
import { SlotIndex } from './slot-index.js';
import { StemPriors } from './stem-priors.js';
import { meanLength, TermCounts } from './term-counts.js';
import { type TermMeasure, TermNamespace } from './term-namespace.js';

export interface LexicalOptions {
  readonly prior: DocumentPrior;
  /** Words, shared with the other term scorers of a combination; default: its own. */
  readonly lexicon?: Lexicon | undefined;
  /** Default: a pace of 5 ms slices. */
  readonly startPace?: StartPace | undefined;
}

/**
 * BM25 with an idf from the prior and from what the namespace learned: the hybrid scorer without its vectors and its head. Scores
 * are scaled to [0, 1] over the candidates; part `bm25` is the sum itself.
 */
export function createLexicalScorer({ prior, startPace, lexicon = new Lexicon() }: LexicalOptions): Scorer {
  const priors = new StemPriors(lexicon, prior);
  const tools = { lexicon, index: new SlotIndex(), priors, startPace };
  return {
    name: 'lexical',
    revision: `lexical-1 ${prior.revision}`,
    autoInputPrior: true,
    scale: 'relative',
    open: (context) => new TermNamespace(context, tools, lexicalMeasure(tools.index)),
    async close() {},
  };
}

function lexicalMeasure(index: SlotIndex): TermMeasure {
  return {
    soft: false,
    begin({ terms }) {
      const found = new TermCounts(terms, index);
      const features = {
        length: 0,
        counts: found.counts,
        heads: NO_BYTES,
        similarities: NO_NUMBERS,
        cosine: 0,
      };
      return (entry, read) => {
        const analysis = read(entry);
        found.find(analysis);
        features.length = analysis.length;
        return features;
      };
    },
    prepare(pairs, rows) {
      const gains = exactGains(pairs, rows);
      return (idfs) => {
        const bm25 = sumOfGains(gains, rows.length, idfs);
        return { scores: minMax(bm25), parts: { bm25 } };
      };
    },
  };
}

function exactGains({ terms, counts, lengths }: QueryPairs, rows: Int32Array): Float64Array {
  const gains = new Float64Array(rows.length * terms.length);
  const mean = meanLength(lengths, rows);
  let place = 0;
  for (let index = 0; index < rows.length; index++) {
    const norm = lengthNorm(lengths[rows[index]!]!, mean);
    let cell = rows[index]! * terms.length;
    for (let term = 0; term < terms.length; term++)
      gains[place++] = terms[term]!.count * exactGain(counts[cell++]!, norm);
  }
  return gains;
}

const NO_BYTES = new Uint8Array(0);
const NO_NUMBERS = new Float32Array(0);
