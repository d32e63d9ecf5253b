import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { AppError } from '../base/errors.js';
import { CallerLeft } from './body.js';
import { Draining } from './draining.js';
import { attachExchange, Exchange, exchangeOf } from './exchange.js';
import { requireJsonAccepted } from './middleware/accept.js';
import { Credentials } from './middleware/credentials.js';
import { selectNamespace } from './middleware/namespace.js';
import { type AppOptions, bodyRules } from './options.js';
import { Responder } from './responder.js';
import { cachePurgeRoute } from './routes/cache-purge.js';
import { feedbackBatchRoute, feedbackRoute } from './routes/feedback.js';
import type { Handler, RouteTools } from './routes/handler.js';
import { healthRoute, metricsRoute, readinessRoute, retentionRoute } from './routes/operations.js';
import { rerankBatchRoute, rerankRoute } from './routes/rerank.js';
import { ROUTES, type Route, type RoutePath } from './routes/table.js';
import type { Services } from './services.js';

const HANDLERS: Readonly<Record<RoutePath, (tools: RouteTools) => Handler>> = {
  '/rerank': rerankRoute,
  '/rerank/batch': rerankBatchRoute,
  '/feedback': feedbackRoute,
  '/feedback/batch': feedbackBatchRoute,
  '/healthz': healthRoute,
  '/readyz': readinessRoute,
  '/metrics': metricsRoute,
  '/metrics/retention': retentionRoute,
  '/admin/cache/purge': cachePurgeRoute,
};

/** `http://host:port` of a request target in absolute form, which servers have to accept (RFC 9112, 3.2.2). */
const AUTHORITY = /^https?:\/\/[^/?#]*/i;

/**
 * Builds the HTTP app; it does not listen. A request passes one layer that opens its exchange and then its route,
 * which stands in the table behind fewer others the hotter it is; every layer costs time on every request.
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
    namespaces: {
      header: options.namespaceHeader.toLowerCase(),
      defaultNamespace: options.defaultNamespace,
      parse: (raw) => services.parseNamespace(raw),
    },
    credentials: new Credentials(options.apiTokens),
    adminCredentials: new Credentials(options.adminTokens),
    draining,
  };
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  app.set('query parser', false);
  app.use(openExchange(services));
  const routes = ROUTES.filter(({ access }) => access !== 'admin' || tools.adminCredentials.required);
  for (const route of routes) app.all(pathsOf(route), runRoute(route, HANDLERS[route.path](tools), tools));
  app.use(() => {
    throw new AppError('NOT_FOUND', 'No such route');
  });
  app.use(answerError(services, responder));
  return app;
}

function pathsOf(route: Route): string[] {
  return route.versioned ? [route.path, `/v1${route.path}`] : [route.path];
}

/** First layer: gives the request its id and takes `/ns/{namespace}` off its path. */
function openExchange(services: Services) {
  return (req: Request, res: Response, next: NextFunction): void => {
    if (req.url.charCodeAt(0) !== 47) req.url = req.url.replace(AUTHORITY, '') || '/';
    let pathNamespace: string | undefined;
    if (req.url.startsWith('/ns/')) {
      const end = req.url.slice(4).search(/[/?]/);
      const stop = end < 0 ? req.url.length : 4 + end;
      pathNamespace = req.url.slice(4, stop);
      req.url = req.url[stop] === '/' ? req.url.slice(stop) : `/${req.url.slice(stop)}`;
    }
    attachExchange(new Exchange(req, res, services.newRequestId(), services.clock.now(), pathNamespace));
    if (req.headers.host === undefined && req.httpVersion === '1.1') {
      throw new AppError('BAD_REQUEST', 'The Host header is missing');
    }
    next();
  };
}

/** The way down: method, key, namespace, what the caller accepts; then the route itself, which reads the body. */
function runRoute(
  route: Route,
  handle: Handler,
  { credentials, adminCredentials, namespaces, responder }: RouteTools,
) {
  const methods = route.method === 'GET' ? ['GET', 'HEAD', 'OPTIONS'] : [route.method, 'OPTIONS'];
  const allow = ['Allow', methods.join(', ')];
  const usesNamespace = route.method === 'POST' && route.access !== 'admin';
  return async (req: Request, res: Response): Promise<void> => {
    const exchange = exchangeOf(res)!;
    exchange.endpoint = route.path;
    exchange.versioned = req.path.startsWith('/v1/');
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
    if (usesNamespace || exchange.pathNamespace !== undefined) {
      exchange.namespace = selectNamespace(req, exchange.pathNamespace, namespaces);
    }
    if (route.path !== '/metrics') requireJsonAccepted(req);
    await handle(exchange);
  };
}

/** Last layer: every failure becomes an answer here. Express knows it by its four parameters. */
function answerError(services: Services, responder: Responder) {
  return (thrown: unknown, req: Request, res: Response, _next: NextFunction): void => {
    // Without an exchange the first layer itself failed.
    const exchange =
      exchangeOf(res) ?? new Exchange(req, res, services.newRequestId(), services.clock.now(), undefined);
    if (thrown instanceof CallerLeft) responder.left(exchange);
    else responder.error(exchange, thrown);
  };
}
