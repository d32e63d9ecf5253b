import { Pace, type StartPace } from '../base/pace.js';
import type { DocumentFrequencies } from '../text/document-frequencies.js';
import type { DocumentPrior } from '../text/prior.js';
import { idf } from './bm25.js';
import type { Lexicon } from './lexicon.js';
import { PairCache } from './pair-cache.js';
import type { PairFeatures, QueryPairs } from './query-pairs.js';
import type { BaseScores, NamespaceScorer, ScoreRequest, ScoringContext } from './scorer.js';
import type { SlotIndex } from './slot-index.js';
import { TextAnalyser } from './text-analyser.js';
import type { TextAnalysis } from './text-analysis.js';
import type { TextEntry } from './text-cache.js';

/** What a term scorer has of its own, apart from reading texts, keeping pairs and learning. */
export interface TermMeasure {
  /** Whether pairs hold more than counts. */
  readonly soft: boolean;
  /** What measures the pairs of one request with a query. */
  begin(pairs: QueryPairs): MeasurePair;
  /** Sums the features of a request's pairs, with the idf of each query term. */
  blend(pairs: QueryPairs, rows: Int32Array, idfs: Float64Array): Blend;
}

/** Measures one pair; may pause, and then must read the analysis again. What it gives is overwritten by the next pair. */
export type MeasurePair = (
  entry: TextEntry,
  read: ReadText,
  pace: Pace,
) => Promise<PairFeatures> | PairFeatures;

/** The current analysis of a text; void after the next pause. */
export type ReadText = (entry: TextEntry) => TextAnalysis;

export type Blend = Pick<BaseScores, 'scores' | 'parts'>;

/** What the namespaces of a term scorer share. */
export interface TermTools {
  readonly lexicon: Lexicon;
  readonly index: SlotIndex;
  readonly prior: DocumentPrior;
  readonly startPace?: StartPace | undefined;
}

/** A scorer over terms at work in one namespace: what `hybrid` and `lexical` have in common. */
export class TermNamespace implements NamespaceScorer {
  private readonly frequencies: DocumentFrequencies;
  private readonly analyser: TextAnalyser;
  private readonly pairs: PairCache;
  private readonly startPace: StartPace;
  private readonly readText: ReadText;

  constructor(
    context: ScoringContext,
    private readonly tools: TermTools,
    private readonly measure: TermMeasure,
  ) {
    this.frequencies = context.frequencies;
    this.analyser = new TextAnalyser(context.texts, context.frequencies, tools.lexicon, tools.index);
    this.pairs = new PairCache(context.maxPairBytes, measure.soft);
    this.startPace = tools.startPace ?? (() => new Pace());
    this.readText = (entry) => this.analyser.read(entry);
  }

  get bytes(): number {
    return this.pairs.bytes + this.analyser.bytes;
  }

  async score({ query, texts }: ScoreRequest): Promise<BaseScores> {
    this.tools.lexicon.trim();
    this.frequencies.trim();
    const known = this.pairs.get(query);
    const pairs = known.isFull(texts.length) ? known.restarted() : known;
    const rows = new Int32Array(texts.length);
    let misses = 0;
    let pace: Pace | undefined;
    let measure: MeasurePair | undefined;
    for (let index = 0; index < texts.length; index++) {
      const entry = texts[index]!;
      rows[index] = entry.analysis === undefined ? -1 : pairs.row(entry.analysis.id);
      if (rows[index]! >= 0) continue;
      misses++;
      pace ??= this.startPace();
      if (pace.due()) await pace.rest();
      measure ??= this.measure.begin(pairs);
      const measured = measure(entry, this.readText, pace);
      const features = measured instanceof Promise ? await measured : measured;
      rows[index] = pairs.add(this.readText(entry).id, features);
    }
    if (misses > 0) this.pairs.keep(pairs);
    const blend = this.measure.blend(pairs, rows, this.idfs(pairs, rows));
    return { ...blend, pairHits: texts.length - misses, pairMisses: misses };
  }

  learn({ query, texts }: ScoreRequest): void {
    const stems = this.pairs.get(query).terms.map(({ stem }) => stem);
    this.frequencies.learn(stems, texts.map(this.readText));
  }

  clear(): void {
    this.pairs.clear();
    this.analyser.clear();
  }

  /** The idf of each query term today. */
  private idfs({ terms, counts }: QueryPairs, rows: Int32Array): Float64Array {
    const idfs = new Float64Array(terms.length);
    for (let term = 0; term < terms.length; term++) {
      let holders = 0;
      for (let index = 0; index < rows.length; index++)
        if (counts[rows[index]! * terms.length + term]! > 0) holders++;
      const { stem } = terms[term]!;
      const slot = this.frequencies.find(stem);
      idfs[term] = idf({
        seen: this.frequencies.seen(slot),
        count: this.frequencies.count(slot),
        prior: this.tools.prior.share(stem),
        local: holders / rows.length,
      });
    }
    return idfs;
  }
}
