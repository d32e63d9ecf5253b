import type { UpstreamDialect } from '../upstream-dialect.js';
import { cohereLikeBody, RERANK_ENDPOINT, readResults } from './cohere-like.js';

/** Cohere, first version of its API. It answers 422 to fields it does not know. */
export const COHERE_V1: UpstreamDialect = {
  name: 'cohere-v1',
  path: '/v1/rerank',
  endpoint: RERANK_ENDPOINT,
  maxDocuments: 1000,
  scale: 'probability',
  knobs: { max_chunks_per_doc: 'number' },
  encode: cohereLikeBody,
  decode: readResults,
};
