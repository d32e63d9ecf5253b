import { readRows } from '../read-rows.js';
import type { UpstreamDialect } from '../upstream-dialect.js';

/** Isaacus. */
export const ISAACUS: UpstreamDialect = {
  name: 'isaacus',
  path: '/v1/rerankings',
  endpoint: /\/rerankings$/,
  maxDocuments: 1000,
  scale: 'probability',
  knobs: { is_iql: 'boolean', scoring_method: 'string' },
  defaults: { is_iql: false, scoring_method: 'auto' },
  encode: ({ query, texts, model, knobs }) => ({ model, query, texts, top_n: texts.length, ...knobs }),
  decode: (body, count) => readRows(body, count, { list: 'results', scores: ['score'] }),
};
