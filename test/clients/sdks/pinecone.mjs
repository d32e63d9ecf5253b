import { Errors, Pinecone } from '@pinecone-database/pinecone';
import { isA, lastRequestId } from '../client.mjs';

/** @type {import('../client.mjs').Client[]} */
export const clients = [
  {
    name: '@pinecone-database/pinecone',
    echoes: true,
    errors: {
      badRequest: isA(Errors.PineconeBadRequestError),
      unauthorized: isA(Errors.PineconeAuthorizationError),
      badStatus: 400,
      unauthorizedWords: /API key you provided was rejected/,
      // It has no field for the status: each has a class.
      statusOf: (error) => STATUS.get(error.name),
    },
    connect({ url, token, headers }) {
      const { inference } = new Pinecone({
        apiKey: token,
        controllerHostUrl: url,
        additionalHeaders: headers,
      });
      return async (query, documents, { topN, echo = false } = {}) => {
        const { data } = await inference.rerank({
          model: 'bge-reranker-v2-m3',
          query,
          documents,
          topN,
          returnDocuments: echo,
        });
        const rows = data.map(({ index, score, document }) => ({ index, score, document: document?.text }));
        return { rows, requestId: lastRequestId() };
      };
    },
  },
];

const STATUS = new Map([
  ['PineconeBadRequestError', 400],
  ['PineconeAuthorizationError', 401],
]);
