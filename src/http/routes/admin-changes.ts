import { declaredNamespaces } from '../schemas/admin-apply.js';
import { statusBody } from '../schemas/admin-namespace.js';
import { noQuery } from '../schemas/admin-queries.js';
import { quotasSpec } from '../schemas/admin-quotas.js';
import { readAs, readQuery, withoutNulls } from '../schemas/read-as.js';
import { answerNamespace, callOf, subjectOf, withBodyLimit } from './admin-call.js';
import type { Handler, RouteTools } from './handler.js';
import { readJson } from './read-json.js';

/** Some thousand declared namespaces. */
const APPLY_LIMIT_BYTES = 1_048_576;

/** `PUT /admin/namespaces/{id}/quotas`: its own quotas are these, and no others. */
export function setQuotasRoute(tools: RouteTools): Handler {
  const { admin } = tools.services;
  const bounded = withBodyLimit(tools);
  return async (exchange) => {
    const id = subjectOf(exchange, tools);
    readQuery(noQuery, exchange.req.url);
    const quotas = readAs(quotasSpec, await readJson(exchange, bounded));
    answerNamespace(tools, exchange, await admin.setQuotas(id, quotas, callOf(exchange)));
  };
}

/** `PUT /admin/namespaces/{id}/status`. */
export function setStatusRoute(tools: RouteTools): Handler {
  const { admin } = tools.services;
  const bounded = withBodyLimit(tools);
  return async (exchange) => {
    const id = subjectOf(exchange, tools);
    readQuery(noQuery, exchange.req.url);
    const { status } = readAs(statusBody, await readJson(exchange, bounded));
    answerNamespace(tools, exchange, await admin.setStatus(id, status, callOf(exchange)));
  };
}

/** `POST /admin/namespaces/{id}/restore`; a body says nothing. */
export function restoreNamespaceRoute(tools: RouteTools): Handler {
  const { admin } = tools.services;
  return async (exchange) => {
    const id = subjectOf(exchange, tools);
    readQuery(noQuery, exchange.req.url);
    answerNamespace(tools, exchange, await admin.restore(id, callOf(exchange)));
  };
}

/** `POST /admin/apply`: what has changed, or would. */
export function applyRoute(tools: RouteTools): Handler {
  const { admin } = tools.services;
  const bounded = withBodyLimit(tools, APPLY_LIMIT_BYTES);
  return async (exchange) => {
    readQuery(noQuery, exchange.req.url);
    const body = readAs(declaredNamespaces, await readJson(exchange, bounded));
    const plan = await admin.apply(
      { namespaces: body.namespaces.map(withoutNulls) },
      { dryRun: body.dry_run ?? false, prune: body.prune ?? false },
      callOf(exchange),
    );
    tools.responder.json(exchange, 200, JSON.stringify(plan));
  };
}
