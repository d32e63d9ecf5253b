import type { UpstreamDialect } from '../upstream-dialect.js';
import { cohereLikeBody, RERANK_ENDPOINT, readResults } from './cohere-like.js';

/** Xinference. */
export const XINFERENCE: UpstreamDialect = {
  name: 'xinference',
  path: '/v1/rerank',
  endpoint: RERANK_ENDPOINT,
  maxDocuments: 1000,
  scale: 'probability',
  knobs: { max_chunks_per_doc: 'number', kwargs: 'string' },
  encode: cohereLikeBody,
  decode: readResults,
};
