import type { UpstreamDialect } from '../upstream-dialect.js';
import { cohereLikeBody, RERANK_ENDPOINT, readResults } from './cohere-like.js';

/** Contextual. */
export const CONTEXTUAL: UpstreamDialect = {
  name: 'contextual',
  path: '/v1/rerank',
  endpoint: RERANK_ENDPOINT,
  maxDocuments: 1000,
  scale: 'probability',
  knobs: { instruction: 'string' },
  encode: cohereLikeBody,
  decode: readResults,
};
