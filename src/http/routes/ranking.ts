import type { CacheControl, ModelWishes } from '../../base/request-wishes.js';
import {
  type RerankAnswer,
  type RerankOptions,
  type RerankRequest,
  SCORED_AT_ONCE,
} from '../../reranker/request.js';
import { checkStillWanted } from '../admit.js';
import { cacheHeaders, readCacheControl } from '../cache-headers.js';
import { traceparentOf } from '../caller-ids.js';
import type { Exchange } from '../exchange.js';
import { shownToken } from '../middleware/credentials.js';
import { serverTiming } from '../rerank-response.js';
import type { RouteTools } from './handler.js';

/**
 * Ranks the requests of one call, in their order and in one turn; all or nothing. Counts their documents.
 *
 * @throws AppError, also 503 where its turn does not come in time
 */
export async function rank(
  exchange: Exchange,
  { services, passCredentials }: RouteTools,
  requests: readonly RerankRequest[],
  { oneScale }: Pick<RerankOptions, 'oneScale'> = {},
): Promise<readonly RerankAnswer[]> {
  const namespace = exchange.namespace!;
  const signal = () => exchange.callerGone();
  const caller = callerWishes(exchange, passCredentials);
  const headerControl = readCacheControl(exchange.req.headers['cache-control']);
  const permit = exchange.permit!;
  const turn = permit.turn();
  const giveBack = turn instanceof Promise ? await turn : turn;
  let answers: readonly RerankAnswer[];
  try {
    checkStillWanted(exchange);
    answers = await services.rerank(
      namespace,
      requests.map((request) => {
        const learn = request.learn && permit.mayLearn;
        const cacheControl = unionOf(request.cacheControl, headerControl);
        const wishes = caller === undefined ? request.wishes : { ...request.wishes, ...caller };
        return { ...request, learn, signal, cacheControl, wishes };
      }),
      { oneScale, atOnce: permit.places(Math.min(requests.length, SCORED_AT_ONCE)) },
    );
  } finally {
    giveBack();
  }
  if (answers.length !== requests.length) throw new Error('the reranker gave too few answers');
  // Afterwards: the first request of a namespace opens it, and only then it has a label.
  for (const request of requests) {
    services.metrics.documentsRanked(exchange.endpoint, request.candidates.length, namespace);
  }
  return answers;
}

/** What either of them wishes. */
function unionOf(body: CacheControl | undefined, header: CacheControl | undefined): CacheControl | undefined {
  if (body === undefined || header === undefined) return body ?? header;
  return {
    noCache: body.noCache || header.noCache,
    noStore: body.noStore || header.noStore,
    onlyIfCached: body.onlyIfCached || header.onlyIfCached,
  };
}

/** What the service behind us gets of the caller: whose call it is part of, and on whose account it is. */
function callerWishes({ req: { headers } }: Exchange, passCredentials: boolean): ModelWishes | undefined {
  const credential = passCredentials ? shownToken(headers) : undefined;
  const traceparent = traceparentOf(headers);
  return credential === undefined && traceparent === undefined ? undefined : { credential, traceparent };
}

/** Headers that every answer with a ranking has, in every dialect. */
export function answerHeaders(
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
