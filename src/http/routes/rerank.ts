import type { IncomingHttpHeaders } from 'node:http';
import { AppError, validationError } from '../../base/errors.js';
import type { RerankRequest } from '../../reranker/request.js';
import { dispatch } from '../dialects/dispatch.js';
import { DIALECT_NAMES, dialectOf, type Spoken } from '../dialects/registry.js';
import { errorFormOf } from '../error-body.js';
import type { Exchange } from '../exchange.js';
import { checkQueryString, type HeaderWishes, headerWishes } from '../middleware/wishes.js';
import { rerankResponse } from '../rerank-response.js';
import { Issues, isJsonObject, type JsonObject } from '../schemas/issues.js';
import { readRerankBatch, readRerankRequest } from '../schemas/rerank-body.js';
import { answerDialect } from './dialect.js';
import type { Handler, RouteTools } from './handler.js';
import { chargeBatch, checkResults, checkVectors, rulesFor } from './quota-limits.js';
import { answerHeaders, rank } from './ranking.js';
import { readJson } from './read-json.js';

/** Every path that ranks one request, in whatever API its caller speaks. */
export function rerankRoute(tools: RouteTools): Handler {
  return async (exchange) => {
    const named = namedDialect(exchange);
    const wishes = headerWishes(exchange.req.headers, exchange.identity);
    const body = await readJson(exchange, tools);
    const { path } = exchange.target;
    if (!isJsonObject(body)) {
      const msg = 'must be an object with query and documents';
      throw validationError([{ loc: [], msg, type: 'dict_type' }]);
    }
    const call = { path, headers: exchange.req.headers, body, maxDocuments: tools.maxDialectDocuments };
    const spoken = named ?? dispatch(call);
    exchange.errorForm = errorFormOf(spoken);
    // Awaited, for to hand on a promise takes longer.
    if (spoken === 'native') await answerNative(exchange, tools, body, wishes);
    else await answerDialect(exchange, tools, spoken, call, wishes);
  };
}

/** `POST /rerank/batch`: answers in the order of the requests; one bad item refuses all. */
export function rerankBatchRoute(tools: RouteTools): Handler {
  const newRequestId = (): string => tools.services.newRequestId();
  return async (exchange) => {
    const { req } = exchange;
    checkQueryString(req.url);
    const wishes = headerWishes(req.headers, exchange.identity);
    const body = await readJson(exchange, tools);
    await chargeBatch(exchange, isJsonObject(body) ? body.requests : body);
    const requests = readRerankBatch(body, rulesFor(exchange, tools.rules), wishes, newRequestId);
    for (const request of requests) checkNative(exchange, request);
    const answers = requests.length === 0 ? [] : await rank(exchange, tools, requests);
    const rows = answers.map((answer, index) =>
      rerankResponse(requests[index]!, answer, exchange.namespace!),
    );
    tools.responder.json(exchange, 200, `[${rows.join(',')}]`, answerHeaders(exchange, tools, answers));
  };
}

async function answerNative(
  exchange: Exchange,
  tools: RouteTools,
  body: JsonObject,
  wishes: HeaderWishes,
): Promise<void> {
  checkQueryString(exchange.req.url);
  const issues = new Issues();
  // The call has one item, so the id in the header is the item's.
  const rules = rulesFor(exchange, tools.rules);
  const request = readRerankRequest(body, [], rules, wishes, () => exchange.requestId, issues);
  if (request === undefined || !issues.none) throw validationError(issues.list);
  checkNative(exchange, request);
  const answers = await rank(exchange, tools, [request]);
  const text = rerankResponse(request, answers[0]!, exchange.namespace!);
  tools.responder.json(exchange, 200, text, answerHeaders(exchange, tools, answers));
}

/** What is more than the namespace may ask for or bring. @throws AppError 422 */
function checkNative(exchange: Exchange, request: RerankRequest): void {
  checkResults(exchange, request.topK, [...request.loc, 'top_k']);
  checkVectors(exchange, request);
}

/** What `X-NeuralCache-Dialect` says, in lower case; not always the name of one. */
export function dialectHeader(headers: IncomingHttpHeaders): string | undefined {
  const name = headers['x-neuralcache-dialect'];
  return name === undefined || name === '' ? undefined : String(name).toLowerCase();
}

/** The dialect that the caller names itself: by the path, else by `X-NeuralCache-Dialect`. @throws AppError 400 */
function namedDialect({ target, req }: Exchange): Spoken | undefined {
  const name = target.dialect ?? dialectHeader(req.headers);
  if (name === undefined) return undefined;
  const named = dialectOf(name, target.path);
  if (named !== undefined) return named;
  throw new AppError('BAD_REQUEST', `X-NeuralCache-Dialect must be one of ${DIALECT_NAMES.join(', ')}`);
}
