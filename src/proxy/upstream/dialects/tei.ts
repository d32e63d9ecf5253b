import { field, readRows } from '../read-rows.js';
import type { UpstreamDialect } from '../upstream-dialect.js';
import { RERANK_ENDPOINT } from './cohere-like.js';

/** Hugging Face's text-embeddings-inference. It has no `top_n`, and takes 32 texts unless it was started otherwise, which `/info` tells. */
export const TEI: UpstreamDialect = {
  name: 'tei',
  path: '/rerank',
  hasOneModel: true,
  endpoint: RERANK_ENDPOINT,
  maxDocuments: 32,
  maxBytes: 1_500_000,
  scale: 'probability',
  hasRaw: true,
  knobs: { truncate: 'boolean', truncation_direction: 'string' },
  defaults: { truncate: true, truncation_direction: 'Right' },
  limit: {
    pathOf: (endpointPath) => endpointPath.replace(/\/rerank(?=$|\?)/, '/info'),
    read(body) {
      const limit = field(body, 'max_client_batch_size');
      return Number.isSafeInteger(limit) && (limit as number) > 0 ? (limit as number) : undefined;
    },
  },
  encode: ({ query, texts, knobs, isRaw }) => ({
    query,
    texts,
    truncate: true,
    raw_scores: isRaw,
    ...knobs,
  }),
  decode: (body, count) => readRows(body, count, { scores: ['score'] }),
};
