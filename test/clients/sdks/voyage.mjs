import { VoyageAIClient, VoyageAIError } from 'voyageai';
import { isA } from '../client.mjs';

/** @type {import('../client.mjs').Client[]} */
export const clients = [
  {
    name: 'voyageai',
    echoes: true,
    errors: {
      badRequest: isA(VoyageAIError),
      unauthorized: isA(VoyageAIError),
      badStatus: 400,
      statusOf: (error) => error.statusCode,
      messageOf: (error) => error.body.detail,
    },
    connect({ url, token, headers }) {
      const client = new VoyageAIClient({ environment: `${url}/v1`, apiKey: token, headers });
      return async (query, documents, { topN, echo } = {}) => {
        const { data, rawResponse } = await client
          .rerank({ model: 'rerank-2.5', query, documents, topK: topN, returnDocuments: echo })
          .withRawResponse();
        const rows = data.data.map(({ index, relevanceScore, document }) => ({
          index,
          score: relevanceScore,
          document,
        }));
        return { rows, requestId: rawResponse.headers.get('x-request-id') };
      };
    },
  },
];
