import type { UpstreamDialect } from '../upstream-dialect.js';
import { cohereLikeBody, RERANK_ENDPOINT, readResults } from './cohere-like.js';

/** SiliconFlow. */
export const SILICONFLOW: UpstreamDialect = {
  name: 'siliconflow',
  path: '/v1/rerank',
  endpoint: RERANK_ENDPOINT,
  maxDocuments: 1000,
  scale: 'probability',
  knobs: { max_chunks_per_doc: 'number', overlap_tokens: 'number', instruction: 'string' },
  encode: cohereLikeBody,
  decode: readResults,
};
