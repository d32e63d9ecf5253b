import type { IncomingHttpHeaders } from 'node:http';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { AppError } from '../base/errors.js';
import { admit } from './admit.js';
import { CallerLeft } from './body.js';
import { LazyDescription } from './description/lazy-description.js';
import { dialectOfClient, isAwsClient } from './dialects/client-marks.js';
import type { ErrorForm } from './dialects/dialect.js';
import { DIALECT_NAMES, dialectOf } from './dialects/registry.js';
import { supersetError } from './dialects/superset-error.js';
import { Draining } from './draining.js';
import { errorFormOf } from './error-body.js';
import { attachExchange, Exchange, exchangeOf } from './exchange.js';
import { requireJsonAccepted } from './middleware/accept.js';
import { Credentials } from './middleware/credentials.js';
import { selectNamespace } from './middleware/namespace.js';
import { type AppOptions, bodyRules } from './options.js';
import { type RequestTarget, readTarget } from './request-target.js';
import { Responder } from './responder.js';
import { cachePurgeRoute } from './routes/cache-purge.js';
import { descriptionPageRoute, descriptionRoute } from './routes/description.js';
import {
  clusterAuthRoute,
  dialectHealthRoute,
  infoRoute,
  modelRoute,
  modelsRoute,
} from './routes/discovery.js';
import { feedbackBatchRoute, feedbackRoute } from './routes/feedback.js';
import { methodsOf, RouteFinder } from './routes/find-route.js';
import type { Handler, RouteTools } from './routes/handler.js';
import { healthRoute, metricsRoute, readinessRoute, retentionRoute } from './routes/operations.js';
import { dialectHeader, rerankBatchRoute, rerankRoute } from './routes/rerank.js';
import { scoreRoute } from './routes/score.js';
import { ROUTES, type Route, type RoutePath } from './routes/table.js';
import type { Services } from './services.js';

const HANDLERS: Readonly<Record<RoutePath, (tools: RouteTools) => Handler>> = {
  '/rerank': rerankRoute,
  '/v1/rerank': rerankRoute,
  '/v2/rerank': rerankRoute,
  '/v1/reranking': rerankRoute,
  '/v1/reranks': rerankRoute,
  '/v1/ranking': rerankRoute,
  '/v1/rerankings': rerankRoute,
  '/v1/{config…}:rank': rerankRoute,
  '/_inference/rerank/{id}': rerankRoute,
  '/model/{model}/invoke': rerankRoute,
  '/v1/inference/{org}/{model}': rerankRoute,
  '/': rerankRoute,
  '/invocations': rerankRoute,
  '/rerank/batch': rerankBatchRoute,
  '/score': scoreRoute,
  '/health': dialectHealthRoute,
  '/ping': dialectHealthRoute,
  '/info': infoRoute,
  '/models': modelsRoute,
  '/v1/models/{model…}': modelRoute,
  '/v1/cluster/auth': clusterAuthRoute,
  '/feedback': feedbackRoute,
  '/feedback/batch': feedbackBatchRoute,
  '/healthz': healthRoute,
  '/readyz': readinessRoute,
  '/metrics': metricsRoute,
  '/metrics/retention': retentionRoute,
  '/openapi.json': descriptionRoute,
  '/docs': descriptionPageRoute,
  '/admin/cache/purge': cachePurgeRoute,
};

type KnownRoute = Route & { readonly path: RoutePath };

/** Routes whose answers are no JSON. */
const NO_JSON: ReadonlySet<RoutePath> = new Set(['/metrics', '/docs']);

/** What may stand before a path to say whose API it is. */
const PREFIXES: ReadonlySet<string> = new Set(DIALECT_NAMES);

/**
 * Builds the HTTP app; it does not listen. A request passes one layer, which finds its route in the table; every layer
 * would cost time on every request.
 *
 * @param draining shared with the listener, so that answers close their connections once it stops
 * @throws RangeError where the options contradict themselves
 */
export function createApp(services: Services, options: AppOptions, draining = new Draining()): Express {
  const responder = new Responder(services, draining);
  const tools: RouteTools = {
    services,
    responder,
    rules: bodyRules(options),
    bodyLimitBytes: options.bodyLimitBytes,
    maxDialectDocuments: options.dialectMaxDocuments,
    namespaces: {
      header: options.namespaceHeader.toLowerCase(),
      defaultNamespace: options.defaultNamespace,
      parse: (raw) => services.parseNamespace(raw),
    },
    credentials: new Credentials(options.apiTokens),
    modelAliases: options.modelAliases,
    passCredentials: options.upstreamPassCredentials === true && options.apiTokens.length === 0,
    adminCredentials: new Credentials(options.adminTokens),
    description: new LazyDescription(options),
    draining,
  };
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.use(answerRequest(tools));
  app.use(answerError(services, responder));
  return app;
}

/** The way down: target, route, method, key, namespace, what the caller accepts; then the route, which reads the body. */
function answerRequest(tools: RouteTools) {
  const { services, responder, credentials, adminCredentials, namespaces } = tools;
  const routes: readonly KnownRoute[] = ROUTES;
  const finder = new RouteFinder(
    routes.filter(({ access }) => access !== 'admin' || adminCredentials.required),
  );
  const handlers = new Map(ROUTES.map((route) => [route.path, HANDLERS[route.path](tools)]));
  return async (req: Request, res: Response): Promise<void> => {
    const target = readTarget(req.url, PREFIXES);
    const exchange = new Exchange(req, res, services.newRequestId(), services.clock.now(), target);
    attachExchange(exchange);
    const route = finder.find(req.method, target.path);
    exchange.errorForm = errorsBeforeBody(route, target, req.headers);
    if (req.headers.host === undefined && req.httpVersion === '1.1') {
      throw new AppError('BAD_REQUEST', 'The Host header is missing');
    }
    if (route === undefined) throw new AppError('NOT_FOUND', 'No such route');
    exchange.endpoint = route.path;
    exchange.isRanking = route.ranks === true;
    exchange.assumesJson = route.assumesJson === true && isAwsClient(req.headers);
    const methods = methodsOf(route);
    const allow = ['Allow', methods.join(', ')];
    if (req.method === 'OPTIONS') {
      responder.send(exchange, 204, '', '', allow);
      return;
    }
    if (!methods.includes(req.method)) {
      responder.error(exchange, new AppError('METHOD_NOT_ALLOWED', `Use ${methods[0]}`), allow);
      return;
    }
    if (route.access === 'credentials') exchange.identity = credentials.identify(req.headers);
    if (route.access === 'admin') exchange.identity = adminCredentials.identify(req.headers);
    const usesNamespace = route.method === 'POST' && route.access !== 'admin';
    if (usesNamespace && target.path.includes('/ns/')) throw misplacedNamespace();
    if (usesNamespace || target.namespace !== undefined) {
      exchange.namespace = selectNamespace(req, target.namespace, namespaces);
    }
    if (!NO_JSON.has(route.path)) requireJsonAccepted(req);
    if (usesNamespace) {
      const waiting = admit(exchange, route.ranks === true ? 'query' : 'feedback', services, responder);
      if (waiting !== undefined) await waiting;
    }
    await handlers.get(route.path)!(exchange);
  };
}

/** Behind anything else `/ns/{namespace}` would be overlooked, and one tenant's documents would land in everybody's namespace. */
function misplacedNamespace(): AppError {
  return new AppError('BAD_REQUEST', 'Invalid namespace', {
    reason: '/ns/{namespace} stands first in a path, and once',
  });
}

/**
 * The form of errors as long as the body has not said whose request it is: of the dialect that the path or, where any may
 * be spoken, a header names, the client's, or the route's.
 */
function errorsBeforeBody(
  route: KnownRoute | undefined,
  target: RequestTarget,
  headers: IncomingHttpHeaders,
): ErrorForm {
  const speaksAny = route !== undefined && HANDLERS[route.path] === rerankRoute;
  const name = target.dialect ?? (speaksAny ? dialectHeader(headers) : undefined);
  const told = name === undefined ? speaksAny && dialectOfClient(headers) : dialectOf(name, target.path);
  const spoken = told || dialectOf(route?.errors ?? '', target.path);
  return spoken === undefined ? supersetError : errorFormOf(spoken);
}

/** Last layer: every failure becomes an answer here. Express knows it by its four parameters. */
function answerError(services: Services, responder: Responder) {
  return (thrown: unknown, req: Request, res: Response, _next: NextFunction): void => {
    // Without an exchange the first layer itself failed.
    const exchange = exchangeOf(res) ?? lateExchange(services, req, res);
    if (thrown instanceof CallerLeft) responder.left(exchange);
    else responder.error(exchange, thrown);
  };
}

function lateExchange(services: Services, req: Request, res: Response): Exchange {
  const target = { namespace: undefined, dialect: undefined, path: '/' };
  return new Exchange(req, res, services.newRequestId(), services.clock.now(), target);
}
