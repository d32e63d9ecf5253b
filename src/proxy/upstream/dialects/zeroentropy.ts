import type { UpstreamDialect } from '../upstream-dialect.js';
import { cohereLikeBody, RERANK_ENDPOINT, readResults } from './cohere-like.js';

/** ZeroEntropy; it takes 5 MB a request. */
export const ZEROENTROPY: UpstreamDialect = {
  name: 'zeroentropy',
  path: '/v1/models/rerank',
  endpoint: RERANK_ENDPOINT,
  maxDocuments: 1000,
  scale: 'probability',
  encode: cohereLikeBody,
  decode: readResults,
};
