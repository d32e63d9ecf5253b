import { createRequire } from 'node:module';
import { CohereRerank } from '@langchain/cohere';
import { Document } from '@langchain/core/documents';
import { isA, lastRequestId } from '../client.mjs';

/** The `cohere-ai` that LangChain brings along, older than the newest. */
const { Cohere, CohereClient } = createRequire(import.meta.resolve('@langchain/cohere'))('cohere-ai');

const errors = {
  badRequest: isA(Cohere.BadRequestError),
  unauthorized: isA(Cohere.UnauthorizedError),
  badStatus: 400,
  statusOf: (error) => error.statusCode,
  messageOf: (error) => error.body.message,
};

function compressor({ url, token }, topN) {
  return new CohereRerank({
    model: 'rerank-v3.5',
    client: new CohereClient({ environment: url, token }),
    topN,
  });
}

/** @type {import('../client.mjs').Client[]} */
export const clients = [
  {
    name: '@langchain/cohere, rerank',
    inPath: true,
    errors,
    connect(server) {
      return async (query, documents, { topN } = {}) => {
        const results = await compressor(server, topN ?? documents.length).rerank(documents, query);
        const rows = results.map(({ index, relevanceScore }) => ({ index, score: relevanceScore }));
        return { rows, requestId: lastRequestId() };
      };
    },
  },
  {
    name: '@langchain/cohere, compressDocuments',
    inPath: true,
    errors,
    connect(server) {
      return async (query, documents, { topN } = {}) => {
        const before = documents.map(
          (pageContent, index) => new Document({ pageContent, metadata: { index } }),
        );
        const after = await compressor(server, topN ?? documents.length).compressDocuments(before, query);
        const rows = after.map(({ metadata }) => ({ index: metadata.index, score: metadata.relevanceScore }));
        return { rows, requestId: lastRequestId() };
      };
    },
  },
];
