import type { UpstreamDialect } from '../upstream-dialect.js';
import { cohereLikeBody, RERANK_ENDPOINT, readResults } from './cohere-like.js';

/** vLLM; `use_activation: false` gives raw scores. */
export const VLLM: UpstreamDialect = {
  name: 'vllm',
  path: '/v1/rerank',
  endpoint: RERANK_ENDPOINT,
  maxDocuments: 1000,
  scale: 'probability',
  hasRaw: true,
  knobs: {
    truncate_prompt_tokens: 'number',
    truncation_side: 'string',
    max_tokens_per_doc: 'number',
    max_tokens_per_query: 'number',
  },
  encode: (request) => ({
    ...cohereLikeBody(request),
    ...(request.isRaw ? { use_activation: false } : {}),
  }),
  decode: readResults,
};
