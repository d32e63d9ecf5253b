import { readRows } from '../read-rows.js';
import type { UpstreamDialect } from '../upstream-dialect.js';

/** Elasticsearch inference; the inference id is part of the path, and as many rows come back as it is set to. */
export const ELASTICSEARCH: UpstreamDialect = {
  name: 'elasticsearch',
  path: '/_inference/rerank/{model}',
  endpoint: /\/_inference\/(rerank\/)?[^/]+$/,
  maxDocuments: 1000,
  scale: 'probability',
  key: { header: 'authorization', scheme: 'ApiKey' },
  encode: ({ query, texts }) => ({ query, input: texts }),
  decode: (body, count) => readRows(body, count, { list: 'rerank', scores: ['relevance_score'] }),
};
