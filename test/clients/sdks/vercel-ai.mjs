import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock';
import { createCohere } from '@ai-sdk/cohere';
import { createTogetherAI } from '@ai-sdk/togetherai';
import { createVoyage } from '@ai-sdk/voyage';
import { APICallError, rerank } from 'ai';

/**
 * @param {string} name
 * @param {(server: import('../client.mjs').Server) => import('ai').RerankingModel} modelOf
 * @returns {import('../client.mjs').Client}
 */
function client(name, modelOf, unauthorizedStatus = 401) {
  return {
    name: `ai with ${name}`,
    errors: {
      badRequest: APICallError.isInstance,
      unauthorized: APICallError.isInstance,
      unauthorizedStatus,
      badStatus: 400,
      statusOf: (error) => error.statusCode,
    },
    connect(server) {
      const model = modelOf(server);
      return async (query, documents, { topN } = {}) => {
        const { ranking, response } = await rerank({ model, query, documents, topN });
        const rows = ranking.map(({ originalIndex, score }) => ({ index: originalIndex, score }));
        return { rows, requestId: response.headers['x-request-id'] };
      };
    },
  };
}

export const clients = [
  client('@ai-sdk/cohere', ({ url, token, headers }) =>
    createCohere({ baseURL: `${url}/v2`, apiKey: token, headers }).reranking('rerank-v3.5'),
  ),
  client('@ai-sdk/voyage', ({ url, token, headers }) =>
    createVoyage({ baseURL: `${url}/v1`, apiKey: token, headers }).reranking('rerank-2.5'),
  ),
  client('@ai-sdk/togetherai', ({ url, token, headers }) =>
    createTogetherAI({ baseURL: `${url}/v1`, apiKey: token, headers }).reranking('Salesforce/Llama-Rank-v1'),
  ),
  client(
    '@ai-sdk/amazon-bedrock',
    ({ url, token, headers }) =>
      createAmazonBedrock({ baseURL: url, region: 'us-west-2', apiKey: token, headers }).reranking(
        'cohere.rerank-v3-5:0',
      ),
    403,
  ),
];
