import type { UpstreamDialect } from '../upstream-dialect.js';
import { cohereLikeBody, RERANK_ENDPOINT, readResults } from './cohere-like.js';

/** Cohere, second version of its API; it needs a model. */
export const COHERE_V2: UpstreamDialect = {
  name: 'cohere-v2',
  path: '/v2/rerank',
  endpoint: RERANK_ENDPOINT,
  maxDocuments: 1000,
  scale: 'probability',
  knobs: { max_tokens_per_doc: 'number' },
  defaults: { max_tokens_per_doc: 4096 },
  encode: cohereLikeBody,
  decode: readResults,
};
