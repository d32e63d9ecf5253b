import { Pace, type StartPace } from '../base/pace.js';
import type { DocumentFrequencies, DocumentStems, StemSums } from '../text/document-frequencies.js';
import { idf } from './bm25.js';
import type { Lexicon, TextAnalysis } from './lexicon.js';
import { PairCache } from './pair-cache.js';
import { type BlendPairs, PairList } from './pair-list.js';
import type { PairFeatures, QueryPairs } from './query-pairs.js';
import type { QueryTerm } from './query-terms.js';
import { RequestStems } from './request-stems.js';
import type { BaseScores, NamespaceScorer, ScoreRequest, ScoringContext } from './scorer.js';
import type { SlotIndex } from './slot-index.js';
import type { StemPriors } from './stem-priors.js';
import { StemSlots } from './stem-slots.js';
import { sumStems } from './stem-sums.js';
import { TextAnalyser } from './text-analyser.js';
import type { TextEntry } from './text-cache.js';

/** What a term scorer has of its own, apart from reading texts, keeping pairs and learning. */
export interface TermMeasure {
  /** Whether pairs hold more than counts. */
  readonly soft: boolean;
  /** What measures the pairs of one request with a query. */
  begin(pairs: QueryPairs): MeasurePair;
  /** What sums the features of the pairs in these rows; gathers all that does not depend on the idfs beforehand. */
  prepare(pairs: QueryPairs, rows: Int32Array): BlendPairs;
}

/** Measures one pair; may pause, and then must read the analysis again. What it gives is overwritten by the next pair. */
export type MeasurePair = (
  entry: TextEntry,
  read: ReadText,
  pace: Pace,
) => Promise<PairFeatures> | PairFeatures;

/** The current analysis of a text; void once another is read, and after the next pause. */
export type ReadText = (entry: TextEntry) => TextAnalysis;

/** What the namespaces of a term scorer share. */
export interface TermTools {
  readonly lexicon: Lexicon;
  readonly index: SlotIndex;
  readonly priors: StemPriors;
  readonly startPace?: StartPace | undefined;
}

/** Of the request scored last, of whichever namespace. */
const requestStems = new RequestStems();

/** A scorer over terms at work in one namespace: what `hybrid` and `lexical` have in common. */
export class TermNamespace implements NamespaceScorer {
  private readonly frequencies: DocumentFrequencies;
  private readonly analyser: TextAnalyser;
  private readonly slots: StemSlots;
  private readonly pairs: PairCache;
  private readonly startPace: StartPace;
  private readonly readText: ReadText;

  constructor(
    context: ScoringContext,
    private readonly tools: TermTools,
    private readonly measure: TermMeasure,
  ) {
    this.frequencies = context.frequencies;
    this.analyser = new TextAnalyser(context.texts, tools.lexicon);
    this.slots = new StemSlots(tools.lexicon, context.frequencies);
    this.pairs = new PairCache(context.maxPairBytes, measure.soft);
    this.startPace = tools.startPace ?? (() => new Pace());
    this.readText = (entry) => this.analyser.read(entry);
  }

  get bytes(): number {
    return this.pairs.bytes + this.slots.bytes;
  }

  async score({ query, texts }: ScoreRequest): Promise<BaseScores> {
    this.tools.lexicon.trim();
    this.frequencies.trim();
    const known = this.pairs.get(query, texts.length);
    if (known.list?.isOf(texts)) {
      known.list.isRepeated = true;
      return this.blend(known, known.list, 0);
    }
    const pairs = known.isFull(texts.length) ? known.restarted() : known;
    const isNew = pairs.size === 0;
    const rows = new Int32Array(texts.length);
    const reading = requestStems.begin(texts, this.tools.lexicon);
    let misses = 0;
    let pace: Pace | undefined;
    let measure: MeasurePair | undefined;
    for (let index = 0; index < texts.length; index++) {
      const entry = texts[index]!;
      // Of a new query only a text that came before in this very list is known.
      rows[index] = isNew && !entry.isRepeated ? -1 : pairs.row(entry.id);
      if (rows[index]! >= 0) {
        requestStems.add(reading, entry);
        continue;
      }
      misses++;
      pace ??= this.startPace();
      if (pace.due()) await pace.rest();
      this.tools.lexicon.trimBetween();
      measure ??= this.measure.begin(pairs);
      const measured = measure(entry, this.readText, pace);
      const features = measured instanceof Promise ? await measured : measured;
      rows[index] = pairs.add(entry.id, features);
      requestStems.add(reading, entry, this.readText(entry));
    }
    const list = this.list(pairs, texts, rows);
    pairs.list = list;
    this.pairs.keep(pairs);
    return this.blend(pairs, list, misses);
  }

  learn({ query, texts }: ScoreRequest): void {
    const pairs = this.pairs.get(query);
    const { list } = pairs;
    // Adding up is worth it for lists that come back.
    if (list?.isRepeated && list.isOf(texts)) {
      const sums = this.sums(pairs, list, texts);
      if (sums !== undefined) this.frequencies.learnSums(pairs.stems, sums);
    } else this.learnEach(pairs.stems, texts);
  }

  trim(): void {
    this.clear();
  }

  clear(): void {
    this.pairs.clear();
    this.slots.clear();
    requestStems.end();
  }

  private learnEach(queryStems: readonly string[], texts: readonly TextEntry[]): void {
    const stems = this.gathered(texts) ?? this.readAnew(texts)?.map((analysis) => this.stemsOf(analysis));
    if (stems !== undefined) this.frequencies.learn(queryStems, stems, texts.length);
  }

  /** The stems that were added up while the request was read, with those of its other texts. */
  private gathered(texts: readonly TextEntry[]): DocumentStems[] | undefined {
    const isHere = requestStems.isOf(texts, this.tools.lexicon);
    const rest = isHere ? this.readAll(requestStems.missing) : undefined;
    if (rest !== undefined)
      return [...rest.map((analysis) => this.stemsOf(analysis)), requestStems.take(this.slots)];
    requestStems.endOf(texts);
    return undefined;
  }

  private stemsOf({ lists, size }: TextAnalysis): DocumentStems {
    return { numbers: lists, size, numbering: this.slots };
  }

  private sums(pairs: QueryPairs, list: PairList, texts: readonly TextEntry[]): StemSums | undefined {
    const { epoch } = this.frequencies;
    if (list.stems?.epoch === epoch) return list.stems.sums;
    const analyses = this.readAnew(texts);
    if (analyses === undefined) return undefined;
    const sums = sumStems(analyses, this.tools.index, this.slots);
    list.stems = { sums, epoch };
    this.pairs.keep(pairs);
    return sums;
  }

  /** `readAll` with all the room there is: if that is too little, the texts alone have too many words, and teach nothing. */
  private readAnew(texts: readonly TextEntry[]): TextAnalysis[] | undefined {
    this.tools.lexicon.trim();
    return this.readAll(texts);
  }

  /** The analyses of texts, kept with them. Undefined where the lexicon has no room left for all of their words. */
  private readAll(texts: readonly TextEntry[]): TextAnalysis[] | undefined {
    const { lexicon } = this.tools;
    const { epoch } = lexicon;
    const analyses: TextAnalysis[] = [];
    for (const entry of texts) {
      lexicon.trimBetween();
      if (lexicon.epoch !== epoch) return undefined;
      analyses.push(this.analyser.keep(entry));
    }
    return analyses;
  }

  private list(pairs: QueryPairs, texts: readonly TextEntry[], rows: Int32Array): PairList {
    const { terms, counts } = pairs;
    const shares = new Float64Array(terms.length);
    const priors = new Float64Array(terms.length);
    for (let term = 0; term < terms.length; term++) {
      let holders = 0;
      for (let index = 0; index < rows.length; index++)
        if (counts[rows[index]! * terms.length + term]! > 0) holders++;
      shares[term] = holders / rows.length;
      priors[term] = this.tools.priors.share(terms[term]!.stem);
    }
    return new PairList(texts, shares, priors, this.measure.prepare(pairs, rows));
  }

  private blend({ terms }: QueryPairs, list: PairList, misses: number): BaseScores {
    const { scores, parts } = list.blend(this.idfs(terms, list));
    return { scores, parts, pairHits: list.length - misses, pairMisses: misses };
  }

  /** The idf of each query term today. */
  private idfs(terms: readonly QueryTerm[], { shares, priors }: PairList): Float64Array {
    const idfs = new Float64Array(terms.length);
    for (let term = 0; term < terms.length; term++) {
      const slot = this.frequencies.find(terms[term]!.stem);
      idfs[term] = idf({
        seen: this.frequencies.seen(slot),
        count: this.frequencies.count(slot),
        prior: priors[term]!,
        local: shares[term]!,
      });
    }
    return idfs;
  }
}
