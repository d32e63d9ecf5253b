import type { RankedDocument, RerankAnswer, RerankRequest } from '../reranker/request.js';

/**
 * The native answer to one request, ready for `JSON.stringify`. Keys of `results` stand in the order of the documented
 * shape; `metadata` is `{}` where none was sent, `embedding` and `explain` are there only where they have something to say.
 */
export function rerankResponse(request: RerankRequest, answer: RerankAnswer, namespace: string): object {
  const { gating, deterministic, epsilon_used, mmr_lambda_used, explanation } = answer.debug;
  return {
    results: answer.results.map(resultRow),
    debug: { gating, deterministic, epsilon_used, mmr_lambda_used, explain: explanation },
    meta: {
      request_id: request.requestId,
      namespace,
      cache: answer.cache,
      scorer: answer.scorer,
      adapted: answer.adapted,
      degraded: answer.degraded,
    },
  };
}

function resultRow(ranked: RankedDocument): object {
  const { candidate, index, score, components, explanation } = ranked;
  return {
    id: candidate.id,
    index,
    text: candidate.text,
    metadata: candidate.metadata ?? {},
    embedding: candidate.embedding,
    score,
    components: { dense: components.dense, narrative: components.narrative, pheromone: components.pheromone },
    explain: explanation,
  };
}

/** `Server-Timing`: parse, the answers' stages (summed over a batch), total; milliseconds. */
export function serverTiming(parseMs: number, answers: readonly RerankAnswer[], totalMs: number): string {
  const stages = new Map<string, number>();
  for (const answer of answers) {
    for (const { name, ms } of answer.stages) stages.set(name, (stages.get(name) ?? 0) + ms);
  }
  let text = `parse;dur=${parseMs.toFixed(2)}`;
  for (const [name, ms] of stages) text += `, ${name};dur=${ms.toFixed(2)}`;
  return `${text}, total;dur=${totalMs.toFixed(2)}`;
}
