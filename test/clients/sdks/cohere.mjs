import { Cohere, CohereClient, CohereClientV2 } from 'cohere-ai';
import { isA } from '../client.mjs';

/** Its `message` is a page: status, then the whole body. `body.message` is what Cohere says. */
const errors = {
  badRequest: isA(Cohere.BadRequestError),
  unauthorized: isA(Cohere.UnauthorizedError),
  badStatus: 400,
  statusOf: (error) => error.statusCode,
  messageOf: (error) => error.body.message,
};

/** @type {import('../client.mjs').Client[]} */
export const clients = [
  {
    name: 'cohere-ai, v1',
    echoes: true,
    errors,
    connect({ url, token, headers }) {
      const client = new CohereClient({ environment: url, token, headers });
      return async (query, documents, { topN, echo } = {}) => {
        const { results, id } = await client.rerank({
          model: 'rerank-v3.5',
          query,
          documents,
          topN,
          returnDocuments: echo,
        });
        return {
          rows: results.map((row) => ({ ...rowOf(row), document: row.document?.text })),
          requestId: id,
        };
      };
    },
  },
  {
    name: 'cohere-ai, v2',
    errors,
    connect({ url, token, headers }) {
      const client = new CohereClientV2({ environment: url, token, headers });
      return async (query, documents, { topN } = {}) => {
        const { results, id } = await client.rerank({ model: 'rerank-v3.5', query, documents, topN });
        return { rows: results.map(rowOf), requestId: id };
      };
    },
  },
];

function rowOf({ index, relevanceScore }) {
  return { index, score: relevanceScore };
}
