import type { UpstreamDialect } from '../upstream-dialect.js';
import { cohereLikeBody, RERANK_ENDPOINT, readResults } from './cohere-like.js';

/** Jina. Documents come back unless that is declined, as its documentation says. */
export const JINA: UpstreamDialect = {
  name: 'jina',
  path: '/v1/rerank',
  endpoint: RERANK_ENDPOINT,
  maxDocuments: 1000,
  scale: 'probability',
  encode: (request) => ({ ...cohereLikeBody(request), return_documents: false }),
  decode: readResults,
};
