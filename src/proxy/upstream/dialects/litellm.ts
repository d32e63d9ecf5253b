import type { UpstreamDialect } from '../upstream-dialect.js';
import { cohereLikeBody, RERANK_ENDPOINT, readResults } from './cohere-like.js';

/** LiteLLM's proxy. It echoes documents unless that is declined. Scores are those of what is behind it. */
export const LITELLM: UpstreamDialect = {
  name: 'litellm',
  path: '/v1/rerank',
  endpoint: RERANK_ENDPOINT,
  maxDocuments: 1000,
  scale: 'probability',
  knobs: {
    max_chunks_per_doc: 'number',
    max_tokens_per_doc: 'number',
    instruction: 'string',
    truncate_prompt_tokens: 'number',
  },
  encode: (request) => ({ ...cohereLikeBody(request), return_documents: false }),
  decode: readResults,
};
