import { validationError } from '../../base/errors.js';
import type { RerankAnswer, RerankRequest } from '../../reranker/request.js';
import { cacheHeaders, readCacheControl } from '../cache-headers.js';
import type { Exchange } from '../exchange.js';
import { checkQueryString, headerWishes } from '../middleware/wishes.js';
import { nativeVerdict, type Verdict } from '../native.js';
import { rerankResponse, serverTiming } from '../rerank-response.js';
import { Issues } from '../schemas/issues.js';
import { readRerankBatch, readRerankRequest } from '../schemas/rerank-body.js';
import type { Handler, RouteTools } from './handler.js';
import { readJson } from './read-json.js';

/** `POST /rerank`: one request. */
export function rerankRoute(tools: RouteTools): Handler {
  return async (exchange) => {
    const { req } = exchange;
    checkQueryString(req.url);
    const wishes = headerWishes(req.headers, exchange.identity);
    const body = await readJson(exchange, tools);
    requireNative(exchange, body);
    const issues = new Issues();
    // The call has one item, so the id in the header is the item's.
    const request = readRerankRequest(body, [], tools.rules, wishes, () => exchange.requestId, issues);
    if (request === undefined || !issues.none) throw validationError(issues.list);
    const [answer] = await rank(exchange, tools, [request]);
    if (answer === undefined) throw new Error('the reranker gave no answer');
    const text = rerankResponse(request, answer, exchange.namespace!);
    tools.responder.json(exchange, 200, text, answerHeaders(exchange, tools, [answer]));
  };
}

/** `POST /rerank/batch`: answers in the order of the requests; one bad item refuses all. */
export function rerankBatchRoute(tools: RouteTools): Handler {
  const newRequestId = (): string => tools.services.newRequestId();
  return async (exchange) => {
    const { req } = exchange;
    checkQueryString(req.url);
    const wishes = headerWishes(req.headers, exchange.identity);
    const requests = readRerankBatch(await readJson(exchange, tools), tools.rules, wishes, newRequestId);
    const answers = requests.length === 0 ? [] : await rank(exchange, tools, requests);
    if (answers.length !== requests.length) throw new Error('the reranker gave too few answers');
    const rows = answers.map((answer, index) =>
      rerankResponse(requests[index]!, answer, exchange.namespace!),
    );
    tools.responder.json(exchange, 200, `[${rows.join(',')}]`, answerHeaders(exchange, tools, answers));
  };
}

async function rank(
  exchange: Exchange,
  { services }: RouteTools,
  requests: readonly RerankRequest[],
): Promise<readonly RerankAnswer[]> {
  const namespace = exchange.namespace!;
  const signal = () => exchange.callerGone();
  const cacheControl = readCacheControl(exchange.req.headers['cache-control']);
  const answers = await services.rerank(
    namespace,
    requests.map((request) => ({ cacheControl, ...request, signal })),
  );
  // Afterwards: the first request of a namespace opens it, and only then it has a label.
  for (const request of requests) {
    services.metrics.documentsRanked(exchange.endpoint, request.candidates.length, namespace);
  }
  return answers;
}

function answerHeaders(
  exchange: Exchange,
  { services }: RouteTools,
  answers: readonly RerankAnswer[],
): string[] {
  const totalMs = services.clock.now() - exchange.startedAt;
  const headers = ['Server-Timing', serverTiming(exchange.parseMs, answers, totalMs)];
  for (const part of cacheHeaders(answers)) headers.push(part);
  const degraded = new Set(answers.flatMap((answer) => answer.degraded));
  if (degraded.size > 0) headers.push('X-NeuralCache-Degraded', [...degraded].join(', '));
  return headers;
}

/** Refuses what belongs to another rerank API, saying which mark decided. @throws AppError 422 */
function requireNative(exchange: Exchange, body: unknown): void {
  const { headers } = exchange.req;
  const dialect = headers['x-neuralcache-dialect'];
  if (dialect === 'native') return;
  if (dialect !== undefined && dialect !== '') throw notSpoken('X-NeuralCache-Dialect');
  if (headers['x-pinecone-api-version'] !== undefined) throw notSpoken('X-Pinecone-Api-Version');
  const verdict = nativeVerdict(body, exchange.versioned);
  if (!verdict.native)
    throw verdict.reason === 'foreign' ? notSpoken(verdict.field) : unmarked(exchange, verdict);
}

function notSpoken(mark: string): Error {
  const msg = `belongs to another rerank API, which is not supported yet; send {query, documents: [{id, text}]} without it`;
  return validationError(
    [{ loc: [mark], msg, type: 'dialect_unsupported' }],
    `Not a native request: '${mark}' ${msg}`,
  );
}

function unmarked(exchange: Exchange, verdict: Verdict & { native: false }): Error {
  const msg = exchange.versioned
    ? "no native field such as 'top_k' or 'explain'; without one this path speaks another rerank API, which is not supported yet: add one or use POST /rerank"
    : "no document has an 'id': such a request is of another rerank API, which is not supported yet; send documents as {id, text}";
  return validationError(
    [{ loc: [verdict.field], msg, type: 'dialect_unsupported' }],
    `Not a native request: ${msg}`,
  );
}
