import { readRows } from '../read-rows.js';
import type { UpstreamDialect } from '../upstream-dialect.js';

/** Mixedbread. */
export const MIXEDBREAD: UpstreamDialect = {
  name: 'mixedbread',
  path: '/v1/reranking',
  endpoint: /\/reranking$/,
  maxDocuments: 1000,
  scale: 'probability',
  knobs: { rewrite_query: 'boolean', instruction: 'string' },
  defaults: { rewrite_query: false },
  encode: ({ query, texts, model, knobs }) => ({
    model,
    query,
    input: texts,
    top_k: texts.length,
    ...knobs,
  }),
  decode: (body, count) => readRows(body, count, { list: 'data', scores: ['score'] }),
};
