import type { UpstreamDialect } from '../upstream-dialect.js';
import { cohereLikeBody, RERANK_ENDPOINT, readResults } from './cohere-like.js';

/** Infinity. It refuses texts of more than 122 880 characters. */
export const INFINITY: UpstreamDialect = {
  name: 'infinity',
  path: '/rerank',
  endpoint: RERANK_ENDPOINT,
  maxDocuments: 2048,
  maxCharacters: 122_880,
  scale: 'probability',
  hasRaw: true,
  encode: (request) => ({ ...cohereLikeBody(request), raw_scores: request.isRaw }),
  decode: readResults,
};
