import type { ErrorCode } from '../../base/errors.js';
import { declaredNamespaces } from '../schemas/admin-apply.js';
import { namespacePatch, namespaceSpec, statusBody } from '../schemas/admin-namespace.js';
import { auditQuery, listQuery, removeQuery } from '../schemas/admin-queries.js';
import { quotasSpec } from '../schemas/admin-quotas.js';
import * as views from './admin-views.js';
import type { DescribedOperation, NamedSchema } from './described.js';

/** Schemas that several operations share. */
export const ADMIN_SCHEMAS: readonly NamedSchema[] = [
  { name: 'Namespace', schema: views.namespaceView },
  { name: 'NamespaceSpec', schema: namespaceSpec },
  { name: 'Quotas', schema: quotasSpec },
];

/** Of a namespace that is named in the path. */
const READING: readonly ErrorCode[] = ['NOT_FOUND', 'VALIDATION_ERROR', 'UNAVAILABLE'];
const CHANGING: readonly ErrorCode[] = [...READING, 'CONFLICT', 'PRECONDITION_FAILED', 'QUOTA_EXCEEDED'];

const NAMESPACE = { schema: views.namespaceView, headers: ['ETag'] };

/** What answers with a namespace and changes it. */
function change(request?: DescribedOperation['request'], example?: DescribedOperation['example']) {
  return {
    ...(request && { request, example }),
    parameters: ['ifMatch'],
    answers: { 200: NAMESPACE },
    errors: CHANGING,
  };
}

/** What answers with a report. */
function report(schema: (typeof NAMESPACE)['schema'] | DescribedOperation['answer']) {
  return { answers: { 200: { schema: schema! } }, errors: READING };
}

/** Operations that manage namespaces, by method and path. */
export const ADMIN_OPERATIONS: Readonly<Record<string, DescribedOperation>> = {
  'GET /admin/namespaces': { ...report(views.namespacePage), query: listQuery },
  'POST /admin/namespaces': {
    request: namespaceSpec,
    example: { id: 'acme.search', tier: 'pro', quotas: { max_requests_per_second: 50 }, tags: ['prod'] },
    parameters: ['idempotencyKey'],
    answers: {
      201: { ...NAMESPACE, headers: ['ETag', 'Location', 'Idempotency-Replayed'] },
    },
    errors: CHANGING,
  },
  'GET /admin/namespaces/{id}': { answers: { 200: NAMESPACE }, errors: READING },
  'PATCH /admin/namespaces/{id}': {
    ...change(namespacePatch, { owner: 'search-team', policies: { retention_days: 90 } }),
    requestTypes: ['application/merge-patch+json'],
  },
  'DELETE /admin/namespaces/{id}': {
    query: removeQuery,
    parameters: ['ifMatch'],
    answers: {
      202: { ...NAMESPACE, what: 'to be purged after the grace' },
      200: { schema: views.erasedNamespace, what: 'purged' },
    },
    errors: CHANGING,
  },
  'POST /admin/namespaces/{id}/restore': change(),
  'PUT /admin/namespaces/{id}/quotas': change(quotasSpec, {
    max_vectors: 10_000,
    max_queries_per_minute: { limit: 600, action: 'throttle', warning_threshold: 0.9 },
  }),
  'PUT /admin/namespaces/{id}/status': change(statusBody, { status: 'suspended' }),
  'GET /admin/namespaces/{id}/stats': report(views.namespaceStats),
  'GET /admin/namespaces/{id}/resolve': report(views.resolvedNamespace),
  'GET /admin/stats': report(views.totalStats),
  'GET /admin/audit': { ...report(views.auditPage), query: auditQuery },
  'POST /admin/apply': {
    request: declaredNamespaces,
    example: { namespaces: [{ id: 'acme', tier: 'pro' }, { id: 'acme.search' }], dry_run: true },
    answers: { 200: { schema: views.plan } },
    errors: CHANGING,
  },
};
