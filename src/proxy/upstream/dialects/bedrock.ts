import { readRows } from '../read-rows.js';
import type { UpstreamDialect } from '../upstream-dialect.js';
import { RERANK_ENDPOINT } from './cohere-like.js';

/** Amazon Bedrock's rerank call (`bedrock-agent-runtime`); the model is its ARN. */
export const BEDROCK: UpstreamDialect = {
  name: 'bedrock',
  path: '/rerank',
  endpoint: RERANK_ENDPOINT,
  maxDocuments: 1000,
  scale: 'probability',
  isSigned: true,
  knobs: { max_tokens_per_doc: 'number' },
  encode: ({ query, texts, model, knobs }) => ({
    queries: [{ type: 'TEXT', textQuery: { text: query } }],
    sources: texts.map((text) => ({
      type: 'INLINE',
      inlineDocumentSource: { type: 'TEXT', textDocument: { text } },
    })),
    rerankingConfiguration: {
      type: 'BEDROCK_RERANKING_MODEL',
      bedrockRerankingConfiguration: {
        numberOfResults: texts.length,
        modelConfiguration: {
          modelArn: model,
          ...(Object.keys(knobs).length === 0 ? {} : { additionalModelRequestFields: knobs }),
        },
      },
    },
  }),
  decode: (body, count) => readRows(body, count, { list: 'results', scores: ['relevanceScore'] }),
};
