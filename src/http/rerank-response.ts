import { quoteJson } from '../base/write-json.js';
import type { RankedDocument, RerankAnswer, RerankRequest } from '../reranker/request.js';

/**
 * The native answer to one request as JSON text, put together by hand because the texts in it are quoted already. Keys of
 * `results` stand in the order of the documented shape; `metadata` is `{}` where none was sent, `embedding` and `explain`
 * are there only where they have something to say.
 */
export function rerankResponse(
  request: Pick<RerankRequest, 'requestId'>,
  answer: Pick<RerankAnswer, 'results' | 'debug' | 'cache' | 'scorer' | 'adapted' | 'degraded'>,
  namespace: string,
): string {
  const { gating, deterministic, epsilon_used, mmr_lambda_used, explanation } = answer.debug;
  const debug = { gating, deterministic, epsilon_used, mmr_lambda_used, explain: explanation };
  const { cache, scorer, adapted, degraded } = answer;
  const meta = {
    request_id: request.requestId,
    namespace,
    cache,
    scorer,
    adapted,
    degraded: degraded.length > 0,
  };
  let rows = '';
  for (const ranked of answer.results) rows += rows === '' ? resultRow(ranked) : `,${resultRow(ranked)}`;
  return `{"results":[${rows}],${JSON.stringify({ debug, meta }).slice(1)}`;
}

function resultRow({ candidate, quotedText, index, score, components, explanation }: RankedDocument): string {
  const { dense, narrative, pheromone } = components;
  const { id, metadata, embedding } = candidate;
  return (
    `{${id === undefined ? '' : `"id":${quoteJson(id)},`}"index":${index},"text":${quotedText},` +
    `"metadata":${metadata === undefined || metadata === null ? '{}' : JSON.stringify(metadata)},` +
    (embedding === undefined ? '' : `"embedding":${JSON.stringify(embedding)},`) +
    `"score":${score},"components":{"dense":${dense},"narrative":${narrative},"pheromone":${pheromone}}` +
    (explanation === undefined ? '}' : `,"explain":${JSON.stringify(explanation)}}`)
  );
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
