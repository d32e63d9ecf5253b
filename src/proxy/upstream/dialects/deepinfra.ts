import { field, readScores } from '../read-rows.js';
import type { UpstreamDialect } from '../upstream-dialect.js';

/** DeepInfra: a query for each document, the model in the path, scores in the order of the request. */
export const DEEPINFRA: UpstreamDialect = {
  name: 'deepinfra',
  path: '/v1/inference/{model}',
  endpoint: /\/inference\/[^/]+\/[^/]+$/,
  maxDocuments: 1000,
  scale: 'probability',
  knobs: { instruction: 'string' },
  encode: ({ query, texts, knobs }) => ({ queries: texts.map(() => query), documents: texts, ...knobs }),
  decode: (body, count) => readScores(field(body, 'scores'), count),
};
