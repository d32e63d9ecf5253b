import { readRows } from '../read-rows.js';
import type { UpstreamDialect } from '../upstream-dialect.js';

/** Google's Vertex AI ranking, by its whole endpoint (`…/rankingConfigs/default_ranking_config:rank`). It knows documents by id, and rounds scores to two decimals. */
export const VERTEX: UpstreamDialect = {
  name: 'vertex',
  path: '',
  endpoint: /:rank$/,
  maxDocuments: 200,
  scale: 'probability',
  encode: ({ query, texts, model }) => ({
    model,
    query,
    records: texts.map((content, index) => ({ id: String(index), content })),
    topN: texts.length,
    ignoreRecordDetailsInResponse: true,
  }),
  decode: (body, count) =>
    readRows(body, count, { list: 'records', scores: ['score'], index: 'id', isId: true }),
};
