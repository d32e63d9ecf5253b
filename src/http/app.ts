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
import { applyRoute, restoreNamespaceRoute, setQuotasRoute, setStatusRoute } from './routes/admin-changes.js';
import {
  createNamespaceRoute,
  getNamespaceRoute,
  listNamespacesRoute,
  removeNamespaceRoute,
  updateNamespaceRoute,
} from './routes/admin-namespaces.js';
import {
  auditRoute,
  namespaceStatsRoute,
  resolveNamespaceRoute,
  totalStatsRoute,
} from './routes/admin-reports.js';
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
import { answers, RouteFinder } from './routes/find-route.js';
import type { Handler, RouteTools } from './routes/handler.js';
import { healthRoute, metricsRoute, readinessRoute, retentionRoute } from './routes/operations.js';
import { dialectHeader, rerankBatchRoute, rerankRoute } from './routes/rerank.js';
import { scoreRoute } from './routes/score.js';
import { ROUTES, type Route, type RouteName, type RoutePath } from './routes/table.js';
import type { Services } from './services.js';

const HANDLERS: Readonly<Record<RouteName, (tools: RouteTools) => Handler>> = {
  'POST /rerank': rerankRoute,
  'POST /v1/rerank': rerankRoute,
  'POST /v2/rerank': rerankRoute,
  'POST /v1/reranking': rerankRoute,
  'POST /v1/reranks': rerankRoute,
  'POST /v1/ranking': rerankRoute,
  'POST /v1/rerankings': rerankRoute,
  'POST /v1/{config…}:rank': rerankRoute,
  'POST /_inference/rerank/{id}': rerankRoute,
  'POST /model/{model}/invoke': rerankRoute,
  'POST /v1/inference/{org}/{model}': rerankRoute,
  'POST /': rerankRoute,
  'POST /invocations': rerankRoute,
  'POST /rerank/batch': rerankBatchRoute,
  'POST /score': scoreRoute,
  'GET /health': dialectHealthRoute,
  'GET /ping': dialectHealthRoute,
  'GET /info': infoRoute,
  'GET /models': modelsRoute,
  'GET /v1/models/{model…}': modelRoute,
  'GET /v1/cluster/auth': clusterAuthRoute,
  'POST /feedback': feedbackRoute,
  'POST /feedback/batch': feedbackBatchRoute,
  'GET /healthz': healthRoute,
  'GET /readyz': readinessRoute,
  'GET /metrics': metricsRoute,
  'GET /metrics/retention': retentionRoute,
  'GET /openapi.json': descriptionRoute,
  'GET /docs': descriptionPageRoute,
  'POST /admin/cache/purge': cachePurgeRoute,
  'GET /admin/namespaces': listNamespacesRoute,
  'POST /admin/namespaces': createNamespaceRoute,
  'GET /admin/namespaces/{id}': getNamespaceRoute,
  'PATCH /admin/namespaces/{id}': updateNamespaceRoute,
  'DELETE /admin/namespaces/{id}': removeNamespaceRoute,
  'POST /admin/namespaces/{id}/restore': restoreNamespaceRoute,
  'PUT /admin/namespaces/{id}/quotas': setQuotasRoute,
  'PUT /admin/namespaces/{id}/status': setStatusRoute,
  'GET /admin/namespaces/{id}/stats': namespaceStatsRoute,
  'GET /admin/namespaces/{id}/resolve': resolveNamespaceRoute,
  'GET /admin/stats': totalStatsRoute,
  'GET /admin/audit': auditRoute,
  'POST /admin/apply': applyRoute,
};

type KnownRoute = (typeof ROUTES)[number] & Route;

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
    ...(options.storageDir !== undefined && { storageDir: options.storageDir }),
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
  const routes = (ROUTES as readonly KnownRoute[]).filter(
    ({ access }) => access !== 'admin' || adminCredentials.required,
  );
  const finder = new RouteFinder(routes);
  const handlers = new Map(routes.map((route) => [route, makerOf(route)(tools)]));
  return (req: Request, res: Response): Promise<void> | undefined => {
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
    exchange.isPrivate = route.access === 'admin';
    exchange.assumesJson = route.assumesJson === true && isAwsClient(req.headers);
    if (req.method === 'OPTIONS' || !answers(route, req.method)) {
      const methods = finder.methodsOf(target.path);
      const allow = ['Allow', [...methods, 'OPTIONS'].join(', ')];
      if (req.method === 'OPTIONS') responder.send(exchange, 204, '', '', allow);
      else responder.error(exchange, methodNotAllowed(methods), allow);
      return undefined;
    }
    if (route.access === 'credentials') exchange.identity = credentials.identify(req.headers);
    if (route.access === 'admin') {
      exchange.identity = adminCredentials.identify(req.headers);
      if (target.namespace !== undefined) throw foreignNamespace();
    }
    const usesNamespace = route.method === 'POST' && route.access !== 'admin';
    if (usesNamespace && target.path.includes('/ns/')) throw misplacedNamespace();
    if (usesNamespace || target.namespace !== undefined) {
      exchange.namespace = selectNamespace(req, target.namespace, namespaces);
    }
    if (!NO_JSON.has(route.path)) requireJsonAccepted(req);
    const handle = handlers.get(route)!;
    const purpose = route.ranks === true ? 'query' : 'feedback';
    const waiting = usesNamespace ? admit(exchange, purpose, services, responder) : undefined;
    return waiting === undefined ? handle(exchange) : waiting.then(() => handle(exchange));
  };
}

function methodNotAllowed(methods: readonly string[]): AppError {
  const named = methods.filter((method) => method !== 'HEAD');
  return new AppError('METHOD_NOT_ALLOWED', `Use ${named.join(', ')}`);
}

function makerOf(route: KnownRoute): (tools: RouteTools) => Handler {
  return HANDLERS[`${route.method} ${route.path}` as RouteName];
}

/** What an administrator's call is about stands in its path or body: a second name beside it could only contradict it. */
function foreignNamespace(): AppError {
  return new AppError('BAD_REQUEST', 'Invalid namespace', {
    reason: 'routes under /admin are not there under /ns/{namespace}',
  });
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
  const speaksAny = route !== undefined && makerOf(route) === rerankRoute;
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
