import { overStock } from '../../admission/refusals.js';
import { AppError, validationError } from '../../base/errors.js';
import { checkStillWanted } from '../admit.js';
import { CallerLeft } from '../body.js';
import { errorFields, toAppError } from '../error-body.js';
import type { Exchange } from '../exchange.js';
import { feedbackSource } from '../middleware/wishes.js';
import { readFeedback } from '../schemas/feedback-body.js';
import type { Loc } from '../schemas/issues.js';
import { batchItems } from '../schemas/rerank-body.js';
import type { Handler, RouteTools } from './handler.js';
import { chargeBatch, checkDimension } from './quota-limits.js';
import { readJson } from './read-json.js';

const OK = '{"status":"ok"}';

/** `POST /feedback`: which documents of a request helped. */
export function feedbackRoute(tools: RouteTools): Handler {
  return async (exchange) => {
    const source = feedbackSource(exchange.req.headers, exchange.identity);
    await apply(exchange, tools, await readJson(exchange, tools), [], source);
    tools.responder.json(exchange, 200, OK);
  };
}

/** `POST /feedback/batch`: applied one after the other; a status for each, in order. One failure does not stop the rest. */
export function feedbackBatchRoute(tools: RouteTools): Handler {
  return async (exchange) => {
    const source = feedbackSource(exchange.req.headers, exchange.identity);
    const body = await readJson(exchange, tools);
    await chargeBatch(exchange, body);
    const items = batchItems(body, tools.rules.maxBatchSize);
    const statuses: object[] = [];
    for (const [index, item] of items.entries()) {
      statuses.push(await statusOf(exchange, tools, item, index, source));
    }
    tools.responder.json(exchange, 200, JSON.stringify(statuses));
  };
}

async function statusOf(
  exchange: Exchange,
  tools: RouteTools,
  item: unknown,
  index: number,
  source: string | undefined,
): Promise<object> {
  try {
    await apply(exchange, tools, item, [index], source);
    return { status: 'ok' };
  } catch (thrown) {
    if (thrown instanceof CallerLeft) throw thrown;
    const error = toAppError(thrown);
    if (error.code === 'INTERNAL_ERROR') tools.responder.logFailure(exchange, error);
    return { status: 'error', error: errorFields(error) };
  }
}

/** Applies one feedback, or throws the error its outcome is answered with. */
async function apply(
  exchange: Exchange,
  { services, rules }: RouteTools,
  body: unknown,
  loc: Loc,
  source: string | undefined,
): Promise<void> {
  const namespace = exchange.namespace!;
  const request = readFeedback(body, loc, rules.maxTextLength, source);
  const { maxDimension } = exchange.permit!.limits;
  checkDimension(maxDimension, request.bestDocumentEmbedding, [...loc, 'best_doc_embedding']);
  checkStillWanted(exchange);
  const {
    outcome,
    issues = [],
    exceeded,
  } = await services.feedback(namespace, {
    ...request,
    signal: () => exchange.callerGone(),
  });
  services.metrics.feedbackFinished(outcome, namespace);
  switch (outcome) {
    case 'applied':
    case 'duplicate':
    case 'ignored_source':
      return;
    case 'unknown':
      throw new AppError('NOT_FOUND', 'No such request in this namespace, or it has expired');
    case 'invalid':
      throw validationError(issues.map((issue) => ({ ...issue, loc: [...loc, ...issue.loc] })));
    case 'failed':
      throw new AppError('UNAVAILABLE', 'The feedback could not be stored; nothing has changed, try again');
    case 'quota':
      throw overStock(exceeded!.quota, exceeded!.message, exceeded!.pool);
  }
}
