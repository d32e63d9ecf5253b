import type { RerankAnswer, RerankRequest } from '../../reranker/request.js';
import type { DecodedRequest, Dialect, DialectCall } from '../dialects/dialect.js';
import { dialectRows } from '../dialects/scores.js';
import type { Exchange } from '../exchange.js';
import type { HeaderWishes } from '../middleware/wishes.js';
import type { BodyRules } from '../options.js';
import type { RouteTools } from './handler.js';
import { checkResults } from './quota-limits.js';
import { answerHeaders, rank } from './ranking.js';

/** Answers a request of another API than ours: decoded, ranked like any other, encoded. */
export async function answerDialect(
  exchange: Exchange,
  tools: RouteTools,
  dialect: Dialect,
  call: DialectCall,
  wishes: HeaderWishes,
): Promise<void> {
  const request = dialect.decode(call);
  checkResults(exchange, request.topN ?? request.candidates.length, []);
  // Asked for nothing: there is nothing to rank for, and nothing to remember.
  const answers =
    request.topN === 0
      ? []
      : await rank(exchange, tools, [rerankRequest(request, exchange.requestId, wishes, tools.rules)]);
  const { startedAt, requestId } = exchange;
  const nowMs = tools.services.clock.now();
  const { body, headers = [] } = dialect.encode({
    call,
    request,
    rows: rowsOf(answers, request),
    requestId,
    nowMs,
    elapsedMs: nowMs - startedAt,
  });
  tools.responder.json(exchange, 200, body, [...answerHeaders(exchange, tools, answers), ...headers]);
}

function rowsOf([answer]: readonly RerankAnswer[], { rawScores }: DecodedRequest) {
  return answer === undefined ? [] : dialectRows(answer, rawScores === true);
}

/** A decoded request as the reranker has it. Results are not spread out (λ = 1) unless a header asks for it. */
export function rerankRequest(
  { query, candidates, topN, model, rawScores, knobs, cacheControl }: DecodedRequest,
  requestId: string,
  wishes: HeaderWishes,
  { gate }: BodyRules,
): RerankRequest {
  return {
    loc: [],
    requestId,
    query,
    candidates,
    topK: Math.max(1, Math.min(topN ?? candidates.length, candidates.length)),
    mmrLambda: wishes.mmrLambda ?? 1,
    gate,
    explain: wishes.explain ?? false,
    learn: wishes.learn ?? true,
    source: wishes.source,
    wishes: { model, rawScores, knobs },
    cacheControl,
  };
}
