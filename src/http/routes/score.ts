import { validationError } from '../../base/errors.js';
import { estimateUsage } from '../dialects/estimate.js';
import { dialectRows } from '../dialects/scores.js';
import { readScoreCall, type ScoreCall } from '../dialects/vllm-score.js';
import type { Exchange } from '../exchange.js';
import { headerWishes } from '../middleware/wishes.js';
import { isJsonObject } from '../schemas/issues.js';
import { rerankRequest } from './dialect.js';
import type { Handler, RouteTools } from './handler.js';
import { chargeBatch, checkResults } from './quota-limits.js';
import { answerHeaders, rank } from './ranking.js';
import { readJson } from './read-json.js';

/**
 * `POST /score`: scores of pairs in the order they came, as vLLM has it. Within a query the scores stand in the order
 * that memory gives; where another scorer had to stand in for one query, it stands in for all. Several queries in one
 * call leave no impressions: feedback could not name one of them.
 */
export function scoreRoute(tools: RouteTools): Handler {
  return async (exchange) => {
    const wishes = headerWishes(exchange.req.headers, exchange.identity);
    const body = await readJson(exchange, tools);
    if (!isJsonObject(body)) {
      throw validationError([{ loc: [], msg: 'must be an object', type: 'dict_type' }]);
    }
    const { path } = exchange.target;
    const maxDocuments = tools.maxDialectDocuments;
    const call = readScoreCall({ path, headers: exchange.req.headers, body, maxDocuments });
    const isOne = call.groups.length === 1;
    await chargeBatch(exchange, call.groups);
    checkResults(exchange, call.pairs, []);
    const requests = call.groups.map((group) => {
      const id = isOne ? exchange.requestId : tools.services.newRequestId();
      const heard = isOne ? wishes : { ...wishes, learn: false };
      return rerankRequest({ ...call, ...group, topN: undefined, echo: false }, id, heard, tools.rules);
    });
    const answers = await rank(exchange, tools, requests, { oneScale: true });
    const scores = new Float64Array(call.pairs);
    answers.forEach((answer, g) => {
      const { positions } = call.groups[g]!;
      for (const { index, score } of dialectRows(answer, call.rawScores)) scores[positions[index]!] = score;
    });
    const text = scoreBody(exchange, tools, call, scores);
    tools.responder.json(exchange, 200, text, answerHeaders(exchange, tools, answers));
  };
}

function scoreBody(
  { requestId }: Exchange,
  { services }: RouteTools,
  call: ScoreCall,
  scores: Float64Array,
): string {
  const tokens = call.groups.reduce((sum, group) => sum + estimateUsage(group).tokens, 0);
  return JSON.stringify({
    id: requestId,
    object: 'list',
    created: Math.floor(services.clock.now() / 1000),
    model: call.model ?? 'neuralcache',
    data: Array.from(scores, (score, index) => ({ index, object: 'score', score })),
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  });
}
