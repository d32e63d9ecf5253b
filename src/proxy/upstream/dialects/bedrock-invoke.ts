import type { UpstreamDialect } from '../upstream-dialect.js';
import { readResults } from './cohere-like.js';

/** Cohere's and Amazon's rerankers by Bedrock's `invoke` (`bedrock-runtime`); the model's id is part of the path. */
export const BEDROCK_INVOKE: UpstreamDialect = {
  name: 'bedrock-invoke',
  path: '/model/{model}/invoke',
  endpoint: /\/invoke$/,
  maxDocuments: 1000,
  scale: 'probability',
  isSigned: true,
  knobs: { max_tokens_per_doc: 'number' },
  encode: ({ query, texts, knobs }) => ({
    query,
    documents: texts,
    top_n: texts.length,
    api_version: 2,
    ...knobs,
  }),
  decode: readResults,
};
