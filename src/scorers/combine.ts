import { minMax } from './min-max.js';
import type { BaseScores, NamespaceScorer, ScoreRequest, Scorer } from './scorer.js';
import { trimAll } from './trim-all.js';

/** A scorer with its share of the combination; shares sum to 1. */
export interface CombinedPart {
  readonly scorer: Scorer;
  readonly weight: number;
  /** Whether this part learns document frequencies. At most one should: parts of a namespace share them. */
  readonly learns: boolean;
}

/**
 * Convex combination of scorers, each scaled to [0, 1] over the candidates first; part scores are named by scorer. The
 * bound of the pair cache is split evenly. Throws an Error for no parts.
 */
export function createCombinedScorer(parts: readonly CombinedPart[]): Scorer {
  if (parts.length === 0) throw new Error('a combination needs a scorer');
  return {
    name: parts.map(({ scorer, weight }) => `${scorer.name}:${Number(weight.toFixed(4))}`).join(','),
    revision: parts.map(({ scorer, weight }) => `${weight}*(${scorer.revision})`).join('+'),
    autoInputPrior: parts.every(({ scorer }) => scorer.autoInputPrior),
    scale: 'relative',
    open(context) {
      const share = { ...context, maxPairBytes: context.maxPairBytes / parts.length };
      return new CombinedNamespace(
        parts,
        parts.map(({ scorer }) => scorer.open(share)),
      );
    },
    async close() {
      await Promise.all(parts.map(({ scorer }) => scorer.close()));
    },
  };
}

class CombinedNamespace implements NamespaceScorer {
  constructor(
    private readonly parts: readonly CombinedPart[],
    private readonly scorers: readonly NamespaceScorer[],
  ) {}

  get bytes(): number {
    return this.scorers.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  async score(request: ScoreRequest): Promise<BaseScores> {
    const answers = await Promise.all(this.scorers.map((scorer) => scorer.score(request)));
    const scores = new Float64Array(request.candidates.length);
    const parts: Record<string, Float64Array> = {};
    this.parts.forEach(({ scorer, weight }, place) => {
      const answer = answers[place]!;
      parts[scorer.name] = minMax(answer.scores);
      parts[scorer.name]!.forEach((value, index) => {
        scores[index]! += weight * value;
      });
    });
    return { ...worstLookUp(answers), scores, parts, scale: 'relative' };
  }

  learn(request: ScoreRequest): void {
    this.parts.forEach(({ learns }, place) => {
      if (learns) this.scorers[place]!.learn(request);
    });
  }

  trim(bytes: number): void {
    trimAll(this.scorers, bytes);
  }

  clear(): void {
    for (const scorer of this.scorers) scorer.clear();
  }
}

/** What the answer says of the caches: that of the part that knew least, for as much was computed or asked for. */
function worstLookUp(answers: readonly BaseScores[]): BaseScores {
  return answers.reduce((worst, answer) => (lackOf(answer) > lackOf(worst) ? answer : worst));
}

/** Asking a model weighs more than any number of pairs; a part without pairs says nothing. */
function lackOf({ forward, pairHits, pairMisses }: BaseScores): number {
  if (forward !== undefined) return Number.POSITIVE_INFINITY;
  return pairHits + pairMisses === 0 ? -1 : pairMisses;
}
