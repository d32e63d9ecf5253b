import { QUERY, TEXTS } from './asking.js';

/** One request as a real client sends it. */
export interface Captured {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: bodies of many APIs
  readonly body: any;
  /** Field of the documents, and one document that is none. */
  readonly documents: string;
  /** The model as it is to reach the reranker. */
  readonly model: string | undefined;
}

const documents = [...TEXTS];
const asObjects = documents.map((text) => ({ text }));
const authorization = 'Bearer K';
const elastic = 'application/vnd.elasticsearch+json; compatible-with=8';
const arn = 'arn:aws:bedrock:us-west-2::foundation-model/cohere.rerank-v3-5:0';

/** By dialect, those that cannot be told apart by their requests with the prefix that names them. */
export const CAPTURED = {
  mixedbread: {
    path: '/v1/reranking',
    headers: { authorization, 'user-agent': 'Mixedbread/JS 0.78.0', 'x-stainless-lang': 'js' },
    body: { query: QUERY, input: documents, model: 'mixedbread-ai/mxbai-rerank-large-v1' },
    documents: 'input',
    model: 'mixedbread-ai/mxbai-rerank-large-v1',
  },
  pinecone: {
    path: '/rerank',
    headers: {
      'api-key': 'K',
      'x-pinecone-api-version': '2026-04',
      'user-agent': '@pinecone-database/pinecone v8.2.0; lang=typescript',
    },
    body: {
      model: 'bge-reranker-v2-m3',
      query: QUERY,
      documents: asObjects,
      top_n: 4,
      return_documents: true,
      rank_fields: ['text'],
      parameters: {},
    },
    documents: 'documents',
    model: 'bge-reranker-v2-m3',
  },
  together: {
    path: '/together/v1/rerank',
    headers: { authorization, 'user-agent': 'Together/JS 0.52.0', 'x-stainless-lang': 'js' },
    body: { model: 'Salesforce/Llama-Rank-v1', query: QUERY, documents },
    documents: 'documents',
    model: 'Salesforce/Llama-Rank-v1',
  },
  siliconflow: {
    path: '/siliconflow/v1/rerank',
    headers: { authorization },
    body: { model: 'BAAI/bge-reranker-v2-m3', query: QUERY, documents, return_documents: false },
    documents: 'documents',
    model: 'BAAI/bge-reranker-v2-m3',
  },
  zeroentropy: {
    path: '/v1/models/rerank',
    headers: { authorization, 'user-agent': 'ZeroEntropy/JS 0.1.0-alpha.10', 'x-stainless-lang': 'js' },
    body: { model: 'zerank-1', query: QUERY, documents, top_n: null, latency: null },
    documents: 'documents',
    model: 'zerank-1',
  },
  nvidia: {
    path: '/v1/ranking',
    headers: { authorization },
    body: { model: 'nvidia/nv-rerank', query: { text: QUERY }, passages: asObjects, truncate: 'END' },
    documents: 'passages',
    model: 'nvidia/nv-rerank',
  },
  vertex: {
    path: '/v1/projects/p/locations/global/rankingConfigs/default_ranking_config:rank?$alt=json;enum-encoding=int',
    headers: { authorization },
    body: {
      model: 'semantic-ranker-default@latest',
      query: QUERY,
      records: documents.map((content, i) => ({ id: `r${i}`, content })),
    },
    documents: 'records',
    model: 'semantic-ranker-default@latest',
  },
  bedrock: {
    path: '/rerank',
    headers: { authorization: 'AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-west-2/bedrock/aws4_request' },
    body: {
      queries: [{ type: 'TEXT', textQuery: { text: QUERY } }],
      sources: documents.map((text) => ({
        type: 'INLINE',
        inlineDocumentSource: { type: 'TEXT', textDocument: { text } },
      })),
      rerankingConfiguration: {
        type: 'BEDROCK_RERANKING_MODEL',
        bedrockRerankingConfiguration: { numberOfResults: 4, modelConfiguration: { modelArn: arn } },
      },
    },
    documents: 'sources',
    model: arn,
  },
  'bedrock-invoke': {
    path: '/model/cohere.rerank-v3-5%3A0/invoke',
    headers: { accept: '*/*', authorization },
    body: { api_version: 2, query: QUERY, documents },
    documents: 'documents',
    model: 'cohere.rerank-v3-5:0',
  },
  elasticsearch: {
    path: '/_inference/rerank/rr',
    headers: { authorization: 'ApiKey K', 'content-type': elastic, accept: elastic },
    body: { query: QUERY, input: documents },
    documents: 'input',
    model: 'rr',
  },
  contextual: {
    path: '/contextual/v1/rerank',
    headers: { authorization, 'user-agent': 'ContextualAI/JS 0.10.0', 'x-stainless-lang': 'js' },
    body: { model: 'ctxl-rerank-v2', query: QUERY, documents, instruction: 'prefer fruit' },
    documents: 'documents',
    model: 'ctxl-rerank-v2',
  },
  deepinfra: {
    path: '/v1/inference/Qwen/Qwen3-Reranker-0.6B',
    headers: { authorization, 'user-agent': 'litellm/1.106.0' },
    body: { queries: documents.map(() => QUERY), documents },
    documents: 'documents',
    model: 'Qwen/Qwen3-Reranker-0.6B',
  },
  isaacus: {
    path: '/v1/rerankings',
    headers: { authorization, 'user-agent': 'Isaacus/JS 0.1.0', 'x-stainless-lang': 'js' },
    body: { model: 'kanon-universal-classifier', query: QUERY, texts: documents },
    documents: 'texts',
    model: 'kanon-universal-classifier',
  },
} as const satisfies Record<string, Captured>;

export type SecondTier = keyof typeof CAPTURED;

export const SECOND_TIER = Object.entries(CAPTURED) as [SecondTier, Captured][];
