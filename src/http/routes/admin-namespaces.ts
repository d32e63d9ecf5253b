import { relative } from 'node:path';
import type { ErasedNamespace, NamespaceView } from '../../management/namespace-admin.js';
import { namespacePatch, namespaceSpec } from '../schemas/admin-namespace.js';
import { listQuery, noQuery, removeQuery } from '../schemas/admin-queries.js';
import { readAs, readQuery, withoutNulls } from '../schemas/read-as.js';
import { answerNamespace, callOf, idempotencyKeyOf, subjectOf, withBodyLimit } from './admin-call.js';
import type { Handler, RouteTools } from './handler.js';
import { readJson } from './read-json.js';

/** `GET /admin/namespaces`. */
export function listNamespacesRoute(tools: RouteTools): Handler {
  const { admin } = tools.services;
  return async (exchange) => {
    const query = readQuery(listQuery, exchange.req.url);
    const parent = query.parent === undefined ? {} : { parent: tools.namespaces.parse(query.parent) };
    const page = await admin.list({ ...query, ...parent });
    tools.responder.json(exchange, 200, JSON.stringify(page));
  };
}

/** `POST /admin/namespaces`: 201 also where an `Idempotency-Key` repeats the first answer. */
export function createNamespaceRoute(tools: RouteTools): Handler {
  const { admin } = tools.services;
  const bounded = withBodyLimit(tools);
  return async (exchange) => {
    readQuery(noQuery, exchange.req.url);
    const idempotencyKey = idempotencyKeyOf(exchange);
    const spec = readAs(namespaceSpec, await readJson(exchange, bounded));
    const call = { ...callOf(exchange), idempotencyKey };
    const { namespace, isRepeated } = await admin.create(withoutNulls(spec), call);
    answerNamespace(tools, exchange, namespace, 201, [
      'Location',
      `/admin/namespaces/${encodeURI(namespace.id)}`,
      ...(isRepeated ? ['Idempotency-Replayed', 'true'] : []),
    ]);
  };
}

/** `GET /admin/namespaces/{id}`. */
export function getNamespaceRoute(tools: RouteTools): Handler {
  const { admin } = tools.services;
  return async (exchange) => {
    const id = subjectOf(exchange, tools);
    readQuery(noQuery, exchange.req.url);
    answerNamespace(tools, exchange, await admin.get(id));
  };
}

/** `PATCH /admin/namespaces/{id}`: a merge patch (RFC 7396), null takes a value away. */
export function updateNamespaceRoute(tools: RouteTools): Handler {
  const { admin } = tools.services;
  const bounded = withBodyLimit(tools);
  return async (exchange) => {
    const id = subjectOf(exchange, tools);
    readQuery(noQuery, exchange.req.url);
    const patch = readAs(namespacePatch, await readJson(exchange, bounded));
    answerNamespace(tools, exchange, await admin.update(id, patch, callOf(exchange)));
  };
}

/** `DELETE /admin/namespaces/{id}`: 202 where it is to be purged, 200 with what was erased where it was. */
export function removeNamespaceRoute(tools: RouteTools): Handler {
  const { admin } = tools.services;
  return async (exchange) => {
    const id = subjectOf(exchange, tools);
    const { force = false, grace } = readQuery(removeQuery, exchange.req.url);
    const removed = await admin.remove(id, { force, graceS: grace }, callOf(exchange));
    if (isErased(removed))
      tools.responder.json(exchange, 200, JSON.stringify(withinFolder(removed, tools.storageDir)));
    else answerNamespace(tools, exchange, removed, 202);
  };
}

/** Files by their names within the storage folder. */
function withinFolder(gone: ErasedNamespace, folder: string | undefined): ErasedNamespace {
  const named = (files: readonly string[]) =>
    files.map((file) => (folder === undefined ? file : relative(folder, file)));
  return { ...gone, erased: { ...gone.erased, files: named(gone.erased.files) }, left: named(gone.left) };
}

function isErased(removed: NamespaceView | ErasedNamespace): removed is ErasedNamespace {
  return 'erased' in removed;
}
