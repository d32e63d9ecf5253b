import { readRows } from '../read-rows.js';
import type { UpstreamDialect } from '../upstream-dialect.js';

/** Isaacus. */
export const ISAACUS: UpstreamDialect = {
  name: 'isaacus',
  path: '/v1/rerankings',
  endpoint: /\/rerankings$/,
  maxDocuments: 1000,
  scale: 'probability',
  encode: ({ query, texts, model }) => ({ model, query, texts, top_n: texts.length }),
  decode: (body, count) => readRows(body, count, { list: 'results', scores: ['score'] }),
};
