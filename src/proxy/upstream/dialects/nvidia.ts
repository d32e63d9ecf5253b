import { readRows } from '../read-rows.js';
import type { UpstreamDialect } from '../upstream-dialect.js';

/** NVIDIA NIM: `/v1/ranking` of a container, or the whole endpoint of a hosted model. Scores are logits; it knows no `top_n`. Its longest list is 512. */
export const NVIDIA: UpstreamDialect = {
  name: 'nvidia',
  path: '/v1/ranking',
  endpoint: /\/(re)?ranking$/,
  maxDocuments: 512,
  scale: 'logit',
  knobs: { truncate: 'string' },
  defaults: { truncate: 'END' },
  encode: ({ query, texts, model, knobs }) => ({
    model,
    query: { text: query },
    passages: texts.map((text) => ({ text })),
    truncate: 'END',
    ...knobs,
  }),
  decode: (body, count) => readRows(body, count, { list: 'rankings', scores: ['logit'] }),
};
