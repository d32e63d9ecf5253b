import type { GateSettings, RerankAnswer, RerankRequest } from '../reranker/request.js';
import type { CollectionQuery } from './collection.js';

/** How deep lists are shown and measured: nDCG@10. */
export const MEASURED_RANKS = 10;

/** Nothing is held still, whatever the base scores look like. */
export const GATE_OFF: GateSettings = {
  mode: 'off',
  threshold: 0.45,
  minCandidates: 8,
  maxCandidates: 48,
  temperature: 1,
};

export interface AskedAs {
  /** Unique within the namespace. */
  readonly requestId: string;
  readonly gate: GateSettings;
  readonly learn: boolean;
}

/** A request for the first ten of a query's candidates, by relevance alone (`mmr_lambda` 1), without their scores. */
export function rankingRequest(query: CollectionQuery, { requestId, gate, learn }: AskedAs): RerankRequest {
  return {
    loc: [],
    requestId,
    query: query.text,
    candidates: query.candidates,
    topK: MEASURED_RANKS,
    mmrLambda: 1,
    gate,
    explain: false,
    learn,
  };
}

/** Ids of an answer, best first. */
export function rankedIds(answer: RerankAnswer): string[] {
  return answer.results.map((result) => result.candidate.id!);
}
