import type { RankedDocument } from '../../reranker/request.js';
import { rerankResponse } from '../rerank-response.js';
import type { DescribedDialect } from './described.js';

/** An id as requests have it. */
export const SAMPLE_ID = 'req_q0Zb2nT4yV8mR1sKx3Lw7A';

/** Places and scores of the sample documents, best first. */
const ORDER = [
  { index: 0, score: 0.97 },
  { index: 2, score: 0.61 },
  { index: 1, score: 0.04 },
] as const;

const NOW_MS = Date.UTC(2026, 0, 1);
const MAX_DOCUMENTS = 100;

/** The answer to a dialect's example, made by its own module. `headers` are the names of those that are its own. */
export function sampleReply({ dialect, path, example }: DescribedDialect): {
  readonly body: unknown;
  readonly headers: readonly string[];
} {
  const call = { path, headers: {}, body: example, maxDocuments: MAX_DOCUMENTS };
  const request = dialect.decode(call);
  const rows = ORDER.slice(0, request.topN).map(({ index, score }) => {
    const candidate = request.candidates[index]!;
    return { candidate, quotedText: JSON.stringify(candidate.text), index, score };
  });
  const answer = { call, request, rows, requestId: SAMPLE_ID, nowMs: NOW_MS, elapsedMs: 4 };
  const { body, headers = [] } = dialect.encode(answer);
  return { body: JSON.parse(body), headers: headers.filter((_, i) => i % 2 === 0) };
}

/** A native request. */
export const NATIVE_EXAMPLE = {
  query: 'Which fruit is red?',
  documents: [
    { id: 'cherry', text: 'Cherries are red.', metadata: { source: 'garden' } },
    { id: 'sky', text: 'The sky is blue.' },
    { id: 'apple', text: 'Apples may be red or green.' },
  ],
  top_k: 2,
};

/** The answer to it, written as answers are. */
export function nativeAnswer(): unknown {
  const results: RankedDocument[] = ORDER.slice(0, NATIVE_EXAMPLE.top_k).map(({ index, score }) => ({
    candidate: NATIVE_EXAMPLE.documents[index],
    quotedText: JSON.stringify(NATIVE_EXAMPLE.documents[index].text),
    index,
    score,
    components: { dense: score, narrative: 0, pheromone: 0 },
  }));
  const gating = {
    mode: 'auto',
    applied: false,
    uncertainty: 0.41,
    candidate_count: 3,
    total_candidates: 3,
  } as const;
  const answer = {
    results,
    debug: { gating, deterministic: false, epsilon_used: 0, mmr_lambda_used: 0.5 },
    scorer: 'hybrid',
    cache: 'bypass',
    adapted: false,
    degraded: [],
  } as const;
  return JSON.parse(rerankResponse({ requestId: SAMPLE_ID }, answer, 'default'));
}
