import type { Handler, RouteTools } from './handler.js';

/** The one model that is always there, by the name that answers give where the caller names none. */
const OWN_MODEL = 'neuralcache';

/** `GET /health`: what clients of TEI and Infinity look at; the second wants JSON with a time in it. */
export function dialectHealthRoute({ services, responder }: RouteTools): Handler {
  return async (exchange) => {
    const unix = services.clock.now() / 1000;
    responder.json(exchange, 200, JSON.stringify({ status: 'ok', unix }), ['Cache-Control', 'no-store']);
  };
}

/** `GET /info`: what TEI says of itself; clients read that it is a reranker and how much it takes. */
export function infoRoute({ responder, rules, maxDialectDocuments, modelAliases }: RouteTools): Handler {
  const label = { id2label: { '0': 'LABEL_0' }, label2id: { LABEL_0: 0 } };
  const text = JSON.stringify({
    model_id: modelAliases[0] ?? OWN_MODEL,
    model_sha: null,
    model_dtype: 'float32',
    model_type: { reranker: label },
    max_concurrent_requests: maxDialectDocuments,
    max_input_length: rules.maxTextLength,
    max_batch_tokens: maxDialectDocuments * rules.maxTextLength,
    max_batch_requests: null,
    max_client_batch_size: maxDialectDocuments,
    auto_truncate: true,
    tokenization_workers: 1,
    version: '1.9.3',
    sha: null,
    docker_label: null,
  });
  return async (exchange) => responder.json(exchange, 200, text);
}

/** `GET /models`: ours and `MODEL_ALIASES`, for clients that refuse to start without theirs. */
export function modelsRoute({ services, responder, modelAliases }: RouteTools): Handler {
  const names = [...new Set([OWN_MODEL, ...modelAliases])];
  return async (exchange) => {
    const data = names.map((name) => modelRow(name, services.clock.now()));
    responder.json(exchange, 200, JSON.stringify({ object: 'list', data }));
  };
}

/** `GET /v1/models/{any}`: any name is a model, for any is ranked with. */
export function modelRoute({ services, responder }: RouteTools): Handler {
  return async (exchange) => {
    const { path } = exchange.target;
    const name = decoded(path.slice(path.indexOf('/models/') + '/models/'.length));
    responder.json(exchange, 200, JSON.stringify(modelRow(name, services.clock.now())));
  };
}

/** `GET /v1/cluster/auth`: what a client of Xinference asks first; it sends its key only where one is wanted. */
export function clusterAuthRoute({ responder, credentials }: RouteTools): Handler {
  return async (exchange) => {
    responder.json(exchange, 200, JSON.stringify({ auth: credentials.required }));
  };
}

/** A model as OpenAI, Infinity (`stats`, `backend`, `capabilities`) and Xinference (`model_type`, `model_name`) have it. */
function modelRow(name: string, nowMs: number): object {
  return {
    id: name,
    object: 'model',
    created: Math.floor(nowMs / 1000),
    // The one owner that Infinity's client knows; no other looks.
    owned_by: 'infinity',
    backend: OWN_MODEL,
    capabilities: ['rerank'],
    stats: { queue_fraction: 0, queue_absolute: 0, results_pending: 0, batch_size: 1 },
    model_type: 'rerank',
    model_name: name,
  };
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    // Not encoded after all.
    return name;
  }
}
