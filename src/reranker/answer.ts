import { quoteJson } from '../base/write-json.js';
import type { Namespace } from '../namespaces/namespace.js';
import type { BaseScores } from '../scorers/scorer.js';
import type { TextEntry } from '../scorers/text-cache.js';
import { explainAnswer, explainDocument } from './explain.js';
import type { Ranking } from './ranking.js';
import type { RankedDocument, RerankAnswer, RerankRequest } from './request.js';

export interface AnswerSettings {
  readonly weightDense: number;
  readonly deterministic: boolean;
}

/** Puts the answer together: base scores dealt along the final order, components, and what explains them. */
export function buildAnswer(
  namespace: Namespace,
  request: RerankRequest,
  base: BaseScores,
  ranking: Ranking,
  texts: readonly TextEntry[],
  stages: RerankAnswer['stages'],
  settings: AnswerSettings,
): RerankAnswer {
  const { baseOrder, b, shown, adapted, gate } = ranking;
  const results = shown.map((d, rank): RankedDocument => {
    const components = {
      dense: settings.weightDense * b[d],
      narrative: adapted?.narrative[d] ?? 0,
      pheromone: adapted?.pheromone[d] ?? 0,
    };
    const score = base.scores[baseOrder[rank]];
    const explanation = request.explain ? explainDocument(d, base, ranking) : undefined;
    const quoteText = () => quote(texts[d], namespace);
    return new AnsweredDocument(request.candidates[d], d, score, components, explanation, quoteText);
  });
  return {
    results,
    debug: {
      gating: {
        mode: request.gate.mode,
        applied: gate.applied,
        uncertainty: gate.uncertainty,
        candidate_count: gate.free,
        total_candidates: b.length,
      },
      deterministic: settings.deterministic,
      epsilon_used: ranking.epsilonUsed,
      mmr_lambda_used: request.mmrLambda,
      ...(request.explain ? { explanation: explainAnswer(namespace.memory, ranking) } : {}),
    },
    scorer: base.fallback ?? namespace.scorerKind.name,
    cache: cacheOutcome(base),
    pairs: {
      hits: base.pairHits,
      misses: base.pairMisses,
      stale: base.pairStale ?? 0,
      ageMs: base.ageMs,
      isStored: base.isStored ?? true,
      forward: base.forward,
    },
    scale: base.scale ?? namespace.scorerKind.scale,
    adapted: ranking.moved,
    degraded: degradations(namespace, base, ranking),
    stages,
  };
}

/** Its text is written when somebody reads it: most answers of other APIs go without texts. */
class AnsweredDocument implements RankedDocument {
  readonly #quoteText: () => string;

  constructor(
    readonly candidate: RankedDocument['candidate'],
    readonly index: number,
    readonly score: number,
    readonly components: RankedDocument['components'],
    readonly explanation: RankedDocument['explanation'],
    quoteText: () => string,
  ) {
    this.#quoteText = quoteText;
  }

  get quotedText(): string {
    return this.#quoteText();
  }
}

/** The text as JSON has it, kept with a repeated text: writing it anew takes longer than all the rest of the answer. */
function quote(entry: TextEntry, namespace: Namespace): string {
  if (entry.quoted !== undefined) return entry.quoted;
  const quoted = quoteJson(entry.text);
  if (entry.isRepeated) {
    entry.quoted = quoted;
    namespace.texts.grew(entry, 2 * quoted.length);
  }
  return quoted;
}

/** A query whose vector could not be had has no key; one that has none by itself is no failure. */
function degradations(
  namespace: Namespace,
  base: BaseScores,
  { isMemoryWhole }: Ranking,
): RerankAnswer['degraded'] {
  const memory = !namespace.ready || !isMemoryWhole;
  return [
    ...(memory ? ['memory' as const] : []),
    ...(base.fallback === undefined ? [] : ['scorer' as const]),
  ];
}

function cacheOutcome({ pairHits, pairMisses }: BaseScores): RerankAnswer['cache'] {
  if (pairHits + pairMisses === 0) return 'bypass';
  if (pairMisses === 0) return 'hit';
  return pairHits === 0 ? 'miss' : 'partial';
}
