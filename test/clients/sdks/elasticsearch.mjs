import { Client, errors } from '@elastic/elasticsearch';
import { isA } from '../client.mjs';

/** @type {import('../client.mjs').Client[]} */
export const clients = [
  {
    name: '@elastic/elasticsearch',
    echoes: true,
    errors: {
      badRequest: isA(errors.ResponseError),
      unauthorized: isA(errors.ResponseError),
      badStatus: 400,
      statusOf: (error) => error.statusCode,
    },
    connect({ url, token, headers }) {
      // In other than small letters this client sends a header twice, and a namespace named twice is refused.
      const small = Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
      );
      const client = new Client({ node: url, auth: { apiKey: token }, headers: small });
      return async (query, documents, { topN, echo } = {}) => {
        const { body, headers: answered } = await client.inference.rerank(
          {
            inference_id: 'my-rerank',
            query,
            input: documents,
            task_settings: { top_n: topN, return_documents: echo },
          },
          { meta: true },
        );
        const rows = body.rerank.map(({ index, relevance_score, text }) => ({
          index,
          score: relevance_score,
          document: text,
        }));
        return { rows, requestId: answered['x-request-id'] };
      };
    },
  },
];
