import Mixedbread from '@mixedbread/sdk';
import ContextualAI from 'contextual-client';
import Together from 'together-ai';
import ZeroEntropy from 'zeroentropy';
import { isA } from '../client.mjs';

/** SDKs made by one generator: alike but for the call and the names in its answer. */
function client(name, SDK, { path, badStatus, call, rowsOf, echoes }) {
  return {
    name,
    echoes,
    errors: {
      badRequest: isA(badStatus === 400 ? SDK.BadRequestError : SDK.UnprocessableEntityError),
      unauthorized: isA(SDK.AuthenticationError),
      badStatus,
      statusOf: (error) => error.status,
    },
    connect({ url, token, headers }) {
      const sdk = new SDK({ baseURL: url + path, apiKey: token, defaultHeaders: headers });
      return async (query, documents, wishes = {}) => {
        const { data, response } = await call(sdk, query, documents, wishes).withResponse();
        return { rows: rowsOf(data), requestId: response.headers.get('x-request-id') };
      };
    },
  };
}

const resultsOf = ({ results }) =>
  results.map(({ index, relevance_score, document }) => ({
    index,
    score: relevance_score,
    document: document?.text,
  }));

/** @type {import('../client.mjs').Client[]} */
export const clients = [
  client('@mixedbread/sdk', Mixedbread, {
    path: '',
    badStatus: 400,
    echoes: true,
    call: (sdk, query, input, { topN, echo }) =>
      sdk.rerank({ model: 'mxbai-rerank-large-v2', query, input, top_k: topN, return_input: echo }),
    rowsOf: ({ data }) =>
      data.map(({ index, score, input }) => ({ index, score, document: input ?? undefined })),
  }),
  client('together-ai', Together, {
    path: '/v1',
    badStatus: 400,
    echoes: true,
    call: (sdk, query, documents, { topN, echo }) =>
      sdk.rerank.create({
        model: 'Salesforce/Llama-Rank-v1',
        query,
        documents,
        top_n: topN,
        return_documents: echo,
      }),
    rowsOf: resultsOf,
  }),
  client('zeroentropy', ZeroEntropy, {
    path: '/v1',
    badStatus: 422,
    call: (sdk, query, documents, { topN }) =>
      sdk.models.rerank({ model: 'zerank-1', query, documents, top_n: topN }),
    rowsOf: resultsOf,
  }),
  client('contextual-client', ContextualAI, {
    path: '/v1',
    badStatus: 400,
    call: (sdk, query, documents, { topN }) =>
      sdk.rerank.create({
        model: 'ctxl-rerank-v2-instruct-multilingual',
        query,
        documents,
        top_n: topN,
        instruction: 'Prefer what is new',
        metadata: documents.map(() => ''),
      }),
    rowsOf: resultsOf,
  }),
];
