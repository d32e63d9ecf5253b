import type { UpstreamDialect } from '../upstream-dialect.js';
import { cohereLikeBody, readResults } from './cohere-like.js';

/** llama.cpp's server. Scores are logits, except those of Qwen3 rerankers, for which `UPSTREAM_SCALE` says `probability`. */
export const LLAMA_CPP: UpstreamDialect = {
  name: 'llama.cpp',
  path: '/v1/rerank',
  endpoint: /\/rerank(ing)?$/,
  maxDocuments: 1000,
  scale: 'logit',
  encode: cohereLikeBody,
  decode: readResults,
};
