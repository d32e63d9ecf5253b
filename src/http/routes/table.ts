import { ADMIN_ROUTES } from './admin-table.js';

/**
 * One route: what it answers to and what it is for. A path may have several, one a method. Each is also reachable under
 * `/ns/{namespace}`, but for those of administrators.
 */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Without prefix; this is also the metric label. `{name}` stands for one segment, `{name…}` for all that follows. */
  readonly path: string;
  /** Whether it exists under `/v1` as well. */
  readonly versioned?: true;
  /** Also answers every path that ends so; of several the first in the table. */
  readonly ending?: string;
  /** Whether AWS's clients may leave out `Content-Type`: a web page may too, so nobody else's body is taken for JSON. */
  readonly assumesJson?: true;
  /** Whether calls of it are counted and timed as rerank calls. */
  readonly ranks?: true;
  /**
   * `open` to all; `credentials` are needed once any are configured; `admin` needs those of administrators, and does not
   * exist where there are none.
   */
  readonly access: 'open' | 'credentials' | 'admin';
  /**
   * Whose errors it answers with before the body says more: `native`; `any` = what all drop-in clients can read; else a
   * dialect's.
   */
  readonly errors: string;
  readonly what: string;
}

/** Every route there is. The app is built from it and the README's table is checked against it. */
export const ROUTES = [
  {
    method: 'POST',
    path: '/rerank',
    ranks: true,
    access: 'credentials',
    errors: 'native',
    what: 'rank the documents of one request; native, or the API of the client it comes from',
  },
  {
    method: 'POST',
    path: '/rerank/batch',
    ranks: true,
    versioned: true,
    access: 'credentials',
    errors: 'native',
    what: 'rank several requests; all or nothing is recorded',
  },
  {
    method: 'POST',
    path: '/feedback',
    versioned: true,
    access: 'credentials',
    errors: 'native',
    what: 'say which documents of a request helped',
  },
  {
    method: 'POST',
    path: '/feedback/batch',
    versioned: true,
    access: 'credentials',
    errors: 'native',
    what: 'several feedbacks, a status for each',
  },
  {
    method: 'POST',
    path: '/v2/rerank',
    ranks: true,
    ending: '/v2/rerank',
    access: 'credentials',
    errors: 'any',
    what: 'rank as Cohere v2, vLLM and LiteLLM do',
  },
  {
    method: 'POST',
    path: '/v1/rerank',
    ranks: true,
    ending: '/rerank',
    access: 'credentials',
    errors: 'any',
    what: 'rank as Cohere v1, Jina, Voyage, vLLM, LiteLLM, Xinference and others do; native with a native field',
  },
  {
    method: 'POST',
    path: '/v1/reranking',
    ranks: true,
    ending: '/reranking',
    access: 'credentials',
    errors: 'any',
    what: 'the same, as llama.cpp calls it',
  },
  {
    method: 'POST',
    path: '/v1/reranks',
    ranks: true,
    ending: '/reranks',
    access: 'credentials',
    errors: 'any',
    what: 'the same, as DashScope calls it',
  },
  {
    method: 'POST',
    path: '/v1/ranking',
    ranks: true,
    ending: '/ranking',
    access: 'credentials',
    errors: 'nvidia',
    what: 'rank as NVIDIA NIM does',
  },
  {
    method: 'POST',
    path: '/v1/rerankings',
    ranks: true,
    ending: '/rerankings',
    access: 'credentials',
    errors: 'isaacus',
    what: 'rank as Isaacus does',
  },
  {
    method: 'POST',
    path: '/v1/{config…}:rank',
    ranks: true,
    ending: ':rank',
    access: 'credentials',
    errors: 'vertex',
    what: 'rank as Vertex AI does',
  },
  {
    method: 'POST',
    path: '/_inference/rerank/{id}',
    ranks: true,
    ending: '/_inference/rerank/{id}',
    access: 'credentials',
    errors: 'elasticsearch',
    what: 'rank as the inference API of Elasticsearch does',
  },
  {
    method: 'POST',
    path: '/model/{model}/invoke',
    ranks: true,
    ending: '/model/{model}/invoke',
    assumesJson: true,
    access: 'credentials',
    errors: 'bedrock-invoke',
    what: 'rank as `InvokeModel` of Amazon Bedrock does',
  },
  {
    method: 'POST',
    path: '/v1/inference/{org}/{model}',
    ranks: true,
    ending: '/inference/{org}/{model}',
    access: 'credentials',
    errors: 'deepinfra',
    what: 'rank as DeepInfra does',
  },
  {
    method: 'POST',
    path: '/score',
    versioned: true,
    ending: '/score',
    ranks: true,
    access: 'credentials',
    errors: 'vllm',
    what: 'scores of pairs in the order they came, as vLLM has it',
  },
  {
    method: 'POST',
    path: '/',
    ranks: true,
    access: 'credentials',
    errors: 'tei',
    what: 'rank as TEI does',
  },
  {
    method: 'POST',
    path: '/invocations',
    ranks: true,
    access: 'credentials',
    errors: 'tei',
    what: 'the same, as SageMaker calls it',
  },
  {
    method: 'GET',
    path: '/health',
    access: 'open',
    errors: 'any',
    what: 'what clients of TEI and Infinity look at',
  },
  { method: 'GET', path: '/ping', access: 'open', errors: 'any', what: 'the same, as SageMaker looks at it' },
  { method: 'GET', path: '/info', access: 'credentials', errors: 'tei', what: 'what TEI says of itself' },
  {
    method: 'GET',
    path: '/models',
    versioned: true,
    access: 'credentials',
    errors: 'any',
    what: 'the models clients may name: `neuralcache` and `MODEL_ALIASES`',
  },
  {
    method: 'GET',
    path: '/v1/models/{model…}',
    access: 'credentials',
    errors: 'any',
    what: 'one model; there is one of any name',
  },
  {
    method: 'GET',
    path: '/v1/cluster/auth',
    access: 'open',
    errors: 'xinference',
    what: 'whether credentials are asked, for clients of Xinference',
  },
  { method: 'GET', path: '/healthz', access: 'open', errors: 'native', what: 'the process lives' },
  {
    method: 'GET',
    path: '/readyz',
    access: 'open',
    errors: 'native',
    what: 'it can rank (200) or cannot (503), with the state of its parts',
  },
  { method: 'GET', path: '/metrics', access: 'credentials', errors: 'native', what: 'Prometheus metrics' },
  {
    method: 'GET',
    path: '/metrics/retention',
    access: 'credentials',
    errors: 'native',
    what: 'what retention removed and when',
  },
  {
    method: 'GET',
    path: '/openapi.json',
    access: 'credentials',
    errors: 'native',
    what: 'this API described: OpenAPI 3.1',
  },
  {
    method: 'GET',
    path: '/docs',
    access: 'credentials',
    errors: 'native',
    what: 'the same as a page, which loads nothing from elsewhere',
  },
  {
    method: 'POST',
    path: '/admin/cache/purge',
    access: 'admin',
    errors: 'native',
    what: 'forget what caches hold: `{"namespace"}`, `{"model"}` (pairs alone) or `{"all": true}`',
  },
  ...ADMIN_ROUTES,
] as const satisfies readonly Route[];

export type RoutePath = (typeof ROUTES)[number]['path'];

/** `POST /rerank`: names one route of the table. */
export type RouteName = NameOf<(typeof ROUTES)[number]>;

type NameOf<Row extends Pick<Route, 'method' | 'path'>> = Row extends Row
  ? `${Row['method']} ${Row['path']}`
  : never;
