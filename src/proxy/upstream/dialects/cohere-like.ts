import { readRows } from '../read-rows.js';
import type { UpstreamRequest } from '../upstream-dialect.js';

/** What most APIs took over from Cohere. */
export function cohereLikeBody({ query, texts, model, knobs }: UpstreamRequest) {
  return { model, query, documents: texts, top_n: texts.length, ...knobs };
}

/** `results` with `index` and `relevance_score`. */
export function readResults(body: unknown, count: number): Float64Array {
  return readRows(body, count, { list: 'results', scores: ['relevance_score'] });
}

/** Paths that end as these APIs' endpoints do. */
export const RERANK_ENDPOINT = /\/rerank$/;
