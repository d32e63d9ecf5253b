import { readRows } from '../read-rows.js';
import type { UpstreamDialect } from '../upstream-dialect.js';
import { RERANK_ENDPOINT } from './cohere-like.js';

/** Pinecone. Documents are objects, and come back unless that is declined; its models take 100 of them. */
export const PINECONE: UpstreamDialect = {
  name: 'pinecone',
  path: '/rerank',
  endpoint: RERANK_ENDPOINT,
  maxDocuments: 100,
  scale: 'probability',
  knobs: { truncate: 'string', max_chunks_per_doc: 'number' },
  key: { header: 'api-key' },
  headers: { 'x-pinecone-api-version': '2025-04' },
  encode: ({ query, texts, model, knobs }) => ({
    model,
    query,
    documents: texts.map((text) => ({ text })),
    top_n: texts.length,
    return_documents: false,
    rank_fields: ['text'],
    ...(Object.keys(knobs).length === 0 ? {} : { parameters: knobs }),
  }),
  decode: (body, count) => readRows(body, count, { list: 'data', scores: ['score'] }),
};
