import { auditQuery, noQuery } from '../schemas/admin-queries.js';
import { readQuery } from '../schemas/read-as.js';
import { subjectOf } from './admin-call.js';
import type { Handler, RouteTools } from './handler.js';

/** `GET /admin/namespaces/{id}/stats`. */
export function namespaceStatsRoute(tools: RouteTools): Handler {
  const { admin } = tools.services;
  return async (exchange) => {
    const id = subjectOf(exchange, tools);
    readQuery(noQuery, exchange.req.url);
    tools.responder.json(exchange, 200, JSON.stringify(await admin.stats(id)));
  };
}

/** `GET /admin/namespaces/{id}/resolve`. */
export function resolveNamespaceRoute(tools: RouteTools): Handler {
  const { admin } = tools.services;
  return async (exchange) => {
    const id = subjectOf(exchange, tools);
    readQuery(noQuery, exchange.req.url);
    tools.responder.json(exchange, 200, JSON.stringify(await admin.resolve(id)));
  };
}

/** `GET /admin/stats`. */
export function totalStatsRoute(tools: RouteTools): Handler {
  const { admin } = tools.services;
  return async (exchange) => {
    readQuery(noQuery, exchange.req.url);
    tools.responder.json(exchange, 200, JSON.stringify(await admin.totals()));
  };
}

/** `GET /admin/audit`, oldest first. */
export function auditRoute(tools: RouteTools): Handler {
  const { admin } = tools.services;
  return async (exchange) => {
    const query = readQuery(auditQuery, exchange.req.url);
    const named = query.namespace === undefined ? {} : { namespace: tools.namespaces.parse(query.namespace) };
    tools.responder.json(exchange, 200, JSON.stringify(await admin.audit({ ...query, ...named })));
  };
}
