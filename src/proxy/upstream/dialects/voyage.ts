import { readRows } from '../read-rows.js';
import type { UpstreamDialect } from '../upstream-dialect.js';
import { RERANK_ENDPOINT } from './cohere-like.js';

/** Voyage; a blank document would fail the whole request. The older models take 300 000 tokens a request. */
export const VOYAGE: UpstreamDialect = {
  name: 'voyage',
  path: '/v1/rerank',
  endpoint: RERANK_ENDPOINT,
  maxDocuments: 1000,
  maxTokens: 300_000,
  scale: 'probability',
  knobs: { truncation: 'boolean' },
  defaults: { truncation: true },
  encode: ({ query, texts, model, knobs }) => ({
    model,
    query,
    documents: texts,
    top_k: texts.length,
    ...knobs,
  }),
  decode: (body, count) => readRows(body, count, { list: 'data', scores: ['relevance_score'] }),
};
