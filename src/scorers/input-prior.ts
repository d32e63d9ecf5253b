import type { Candidate } from '../base/documents.js';
import { kendallZ, orderZ } from './kendall.js';
import { minMax } from './min-max.js';
import { linearRanks, retrieverScores } from './retriever-scores.js';
import type { BaseScores, NamespaceScorer, ScoreRequest, Scorer } from './scorer.js';

/**
 * How much the order documents come in counts as evidence: a weight in [0, 1] that always acts, or `auto`: .3 for the
 * order, .5 for scores, where it agrees with the scorer more than chance would.
 */
export type InputPrior = 'auto' | number;

/** Standard deviations from which two orders agree more than by chance. */
const AGREEMENT = 2;
const RANK_WEIGHT = 0.3;
const SCORE_WEIGHT = 0.5;

/**
 * The scorer with the input prior on top. `auto` acts for scorers that allow it alone. Adds the part
 * `input`: what the retriever's order or scores say, in [0, 1]. Throws an Error for a weight outside [0, 1].
 */
export function withInputPrior(scorer: Scorer, prior: InputPrior): Scorer {
  if (prior !== 'auto' && !(prior >= 0 && prior <= 1))
    throw new Error('the input prior must be auto or a number from 0 to 1');
  if (prior === 0 || (prior === 'auto' && !scorer.autoInputPrior)) return scorer;
  return {
    name: scorer.name,
    revision: `${scorer.revision} input-prior-${prior}`,
    autoInputPrior: scorer.autoInputPrior,
    scale: 'relative',
    open: (context) => new PriorNamespace(scorer.open(context), prior),
    close: () => scorer.close(),
  };
}

class PriorNamespace implements NamespaceScorer {
  constructor(
    private readonly scorer: NamespaceScorer,
    private readonly prior: InputPrior,
  ) {}

  get bytes(): number {
    return this.scorer.bytes;
  }

  async score(request: ScoreRequest): Promise<BaseScores> {
    const own = await this.scorer.score(request);
    const { scores, input } = blendInput(own.scores, request.candidates, this.prior);
    return { ...own, scores, parts: { ...own.parts, input }, scale: 'relative' };
  }

  learn(request: ScoreRequest): void {
    this.scorer.learn(request);
  }

  trim(bytes: number): void {
    this.scorer.trim(bytes);
  }

  clear(): void {
    this.scorer.clear();
  }
}

/** Base scores from own scores and the input: `scores` in [0, 1]; `input` is the retriever's side of it. */
export function blendInput(
  own: Float64Array,
  candidates: readonly Candidate[],
  prior: InputPrior,
): { readonly scores: Float64Array; readonly input: Float64Array } {
  const scaled = minMax(own);
  const sent = retrieverScores(candidates);
  const useScores = sent?.some((score) => score !== sent[0]) ?? false;
  const input = sent !== undefined && useScores ? minMax(sent) : linearRanks(candidates.length);
  const weight = prior === 'auto' ? autoWeight(own, input, useScores) : prior;
  if (weight === 0) return { scores: scaled, input };
  for (let index = 0; index < scaled.length; index++)
    scaled[index] = (1 - weight) * scaled[index]! + weight * input[index]!;
  return { scores: scaled, input };
}

function autoWeight(own: Float64Array, input: Float64Array, isScore: boolean): number {
  const z = isScore ? kendallZ(own, input) : orderZ(own);
  if (!(z > AGREEMENT)) return 0;
  return isScore ? SCORE_WEIGHT : RANK_WEIGHT;
}
