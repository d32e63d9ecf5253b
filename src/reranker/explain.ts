import type { AdaptiveMemory } from '../namespaces/memory.js';
import type { BaseScores } from '../scorers/scorer.js';
import type { Ranking } from './ranking.js';
import type { DocumentExplanation, RerankExplanation } from './request.js';

/** Why one document stands where it stands. */
export function explainDocument(
  d: number,
  base: BaseScores,
  { baseOrder, b, adapted }: Ranking,
): DocumentExplanation {
  const parts = Object.fromEntries(Object.entries(base.parts).map(([name, values]) => [name, values[d]]));
  return {
    base_score: base.scores[d],
    base_rank: baseOrder.indexOf(d) + 1,
    parts,
    b: b[d],
    S: adapted?.evidence[d].S ?? 0,
    W: adapted?.evidence[d].W ?? 0,
    P: adapted?.signals.P[d] ?? 0,
    N: adapted?.signals.N[d] ?? 0,
    N_namespace: adapted?.signals.wideN[d] ?? 0,
    P_namespace: adapted?.signals.wideP[d] ?? 0,
    free: adapted?.free[d] ?? true,
  };
}

/** Why the answer is as it is: who spoke, how loudly, and whether they were heard. */
export function explainAnswer(memory: AdaptiveMemory, { adapted, neighbours }: Ranking): RerankExplanation {
  return {
    mu: adapted?.mu ?? 0.2,
    beta: memory.beta,
    evidence: adapted?.feedbacks ?? 0,
    neighbours: neighbours.map(({ sameText, similarity, weight, trust, cell }) => ({
      same_text: sameText,
      similarity,
      weight,
      trust,
      feedbacks: cell.feedbacks,
    })),
    safety_gate: adapted?.safety ?? { open: false, gain: 0, bound: 0 },
    trust: memory.trust,
  };
}
