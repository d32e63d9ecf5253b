import { createHash } from 'node:crypto';
import { AppError, validationError } from '../../src/base/errors.js';
import { readPolicies } from '../../src/catalog/policies.js';
import type { QuotaName, QuotaSpec } from '../../src/catalog/quota.js';
import type { Status } from '../../src/catalog/status.js';
import type { ChangeLog } from '../../src/http/services.js';
import type {
  AdminCall,
  ApplyOptions,
  AuditEntry,
  AuditQuery,
  Declared,
  ErasedNamespace,
  ListQuery,
  NamespaceAdmin,
  NamespacePatch,
  NamespaceSpec,
  NamespaceView,
  Plan,
  QuotasSpec,
} from '../../src/management/namespace-admin.js';

const NOW = '2026-01-01T00:00:00.000Z';

/** Namespaces in a map, with the refusals and the answers of the real thing but none of its rules about what fits. */
export class FakeAdmin implements NamespaceAdmin, ChangeLog {
  readonly namespaces = new Map<string, NamespaceView>();
  readonly entries: AuditEntry[] = [];
  /** What it was asked for, by method. */
  readonly asked: unknown[] = [];
  /** When set, every call rejects with it. */
  failure: Error | undefined;
  private readonly answers = new Map<string, { body: string; namespace: NamespaceView }>();

  async create(spec: NamespaceSpec, call: AdminCall) {
    this.heard('create', spec, call);
    const body = JSON.stringify(spec);
    const first = this.answers.get(call.idempotencyKey ?? '');
    if (first !== undefined && first.body !== body)
      throw validationError([{ loc: [], msg: 'another body had this key', type: 'value_error' }]);
    if (first !== undefined) return { namespace: first.namespace, isRepeated: true };
    if (this.namespaces.has(spec.id)) throw new AppError('CONFLICT', `Namespace exists already: ${spec.id}`);
    const namespace = viewOf(spec);
    this.keep(namespace, call, 'namespace.create');
    if (call.idempotencyKey !== undefined) this.answers.set(call.idempotencyKey, { body, namespace });
    return { namespace, isRepeated: false };
  }

  async list(query: ListQuery) {
    this.heard('list', query);
    const { limit = 100, cursor = '', prefix = '', tag, tenant, status } = query;
    if (!/^[a-z0-9.-]*$/.test(cursor))
      throw validationError([
        { loc: ['query_string', 'cursor'], msg: 'is none of ours', type: 'value_error' },
      ]);
    const found = [...this.namespaces.values()]
      .filter((one) => one.id > cursor && one.id.startsWith(prefix))
      .filter(
        (one) => (tag === undefined || one.tags.includes(tag)) && one.tenant_id === (tenant ?? one.tenant_id),
      )
      .filter((one) => one.status === (status ?? one.status))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    const namespaces = found.slice(0, limit);
    return { namespaces, next_cursor: found.length > limit ? namespaces.at(-1)!.id : null };
  }

  async get(id: string) {
    this.heard('get', id);
    return this.known(id);
  }

  async update(id: string, patch: NamespacePatch, call: AdminCall) {
    this.heard('update', id, patch, call);
    const before = this.known(id, call);
    const { metadata, tags, owner, tier, name } = patch;
    const changed = {
      ...(metadata !== undefined && { metadata: metadata ?? {} }),
      ...(tags !== undefined && { tags: tags ?? [] }),
      ...(owner !== undefined && { owner }),
      ...(tier !== undefined && { tier }),
      ...(name !== undefined && { name: name ?? id }),
    };
    return this.keep({ ...before, ...changed }, call, 'namespace.update');
  }

  async setQuotas(id: string, quotas: QuotasSpec, call: AdminCall) {
    this.heard('setQuotas', id, quotas, call);
    const before = this.known(id, call);
    return this.keep({ ...before, quotas: inFull(quotas) }, call, 'namespace.set_quotas');
  }

  async setStatus(id: string, status: Status, call: AdminCall) {
    this.heard('setStatus', id, status, call);
    const before = this.known(id, call);
    if (before.purge_at !== null)
      throw new AppError('CONFLICT', `A namespace that is ${before.status} cannot become ${status}`);
    return this.keep({ ...before, status }, call, 'namespace.set_status');
  }

  async remove(id: string, options: { force: boolean; graceS?: number }, call: AdminCall) {
    this.heard('remove', id, options, call);
    const before = this.known(id, call);
    if (id === 'default') throw new AppError('CONFLICT', 'The default namespace cannot be deleted');
    if (!options.force) {
      const status = 'pending_deletion';
      return this.keep({ ...before, status, purge_at: NOW }, call, 'namespace.delete');
    }
    this.namespaces.delete(id);
    const erased: ErasedNamespace = {
      id,
      status: 'deleted',
      erased: { rows: 3, bytes: 1024, cached_pairs: 2, files: [] },
      verified: true,
      left: [],
    };
    return erased;
  }

  async restore(id: string, call: AdminCall) {
    this.heard('restore', id, call);
    const before = this.known(id, call);
    if (before.purge_at === null)
      throw new AppError('CONFLICT', `A namespace that is ${before.status} cannot be restored`);
    return this.keep({ ...before, status: 'active', purge_at: null }, call, 'namespace.restore');
  }

  async stats(id: string) {
    this.heard('stats', id);
    const { status, created_at, last_used_at } = this.known(id);
    const counts = { vector_count: 4, active_count: 4, deleted_count: 0, collection_count: 0, cells: 4 };
    const totals = {
      feedback_total: 1,
      total_requests: 9,
      total_queries: 8,
      total_upserts: 1,
      total_deletes: 0,
    };
    return {
      namespace_id: id,
      status,
      ...counts,
      ...totals,
      storage_bytes: 4096,
      documents_known: 2,
      impressions: 1,
      quota_utilization: 0.85,
      warnings: ['max_vectors is used to 85 %'],
      quota_use: [{ quota: 'max_vectors' as const, of: id, limit: 1000, used: 850, share: 0.85 }],
      created_at,
      last_used_at,
    };
  }

  async totals() {
    this.heard('totals');
    const { size } = this.namespaces;
    return {
      total_namespaces: size,
      active_namespaces: size,
      resident_namespaces: 1,
      total_vectors: 4,
      total_requests: 9,
      storage_bytes: 4096,
    };
  }

  async resolve(id: string) {
    this.heard('resolve', id);
    const { status } = this.known(id);
    return { namespace_id: id, shard_id: 'local', backend: 'sqlite', status };
  }

  async audit(query: AuditQuery) {
    this.heard('audit', query);
    const { namespace, action, limit = 100, cursor = '0' } = query;
    const found = this.entries.filter(
      (entry) =>
        entry.seq > Number(cursor) &&
        entry.namespace === (namespace ?? entry.namespace) &&
        entry.action === (action ?? entry.action),
    );
    const entries = found.slice(0, limit);
    return { entries, next_cursor: found.length > limit ? String(entries.at(-1)!.seq) : null };
  }

  async apply({ namespaces }: Declared, { dryRun, prune }: ApplyOptions, call: AdminCall): Promise<Plan> {
    this.heard('apply', namespaces, { dryRun, prune }, call);
    const made = namespaces.filter(({ id }) => !this.namespaces.has(id));
    if (!dryRun) for (const spec of made) this.keep(viewOf(spec), call, 'namespace.create');
    const changes = made.map(({ id, tier = null }) => ({
      action: 'create' as const,
      namespace: id,
      fields: { tier: { before: null, after: tier } },
    }));
    return { changes, unchanged: namespaces.length - made.length, skipped: [], applied: !dryRun };
  }

  async note(action: string, namespace: string, after: object, call: AdminCall) {
    this.heard('note', action, namespace, after, call);
  }

  private heard(...what: unknown[]): void {
    this.asked.push(what);
    if (this.failure !== undefined) throw this.failure;
  }

  private known(id: string, call?: AdminCall): NamespaceView {
    const found = this.namespaces.get(id);
    if (found === undefined) throw new AppError('NOT_FOUND', `Namespace not found: ${id}`);
    const { ifMatch } = call ?? {};
    if (ifMatch !== undefined && !['*', `"${found.revision}"`].includes(ifMatch))
      throw new AppError(
        'PRECONDITION_FAILED',
        `The namespace has changed: it is at revision ${found.revision}`,
      );
    return found;
  }

  private keep(namespace: NamespaceView, { actor, requestId }: AdminCall, action: string): NamespaceView {
    const before = this.namespaces.get(namespace.id) ?? null;
    const after = { ...namespace, revision: (before?.revision ?? 0) + 1 };
    this.namespaces.set(namespace.id, after);
    const seq = this.entries.length + 1;
    const hash = createHash('sha256').update(String(seq)).digest('hex');
    const entry = { seq, at: NOW, actor, action, namespace: namespace.id, redacted: false };
    this.entries.push({ ...entry, before, after, request_id: requestId, hash });
    return after;
  }
}

function inFull(quotas: QuotasSpec): NamespaceView['quotas'] {
  const entries = Object.entries(quotas) as [QuotaName, QuotasSpec[QuotaName]][];
  return Object.fromEntries(
    entries.map(([name, given]) => {
      const spec = typeof given === 'object' ? given : { limit: given };
      return [name, { limit: null, warning_threshold: 0.8, action: 'reject', ...spec } satisfies QuotaSpec];
    }),
  );
}

function viewOf(spec: NamespaceSpec): NamespaceView {
  const { id, tier = null, policies = {} } = spec;
  return {
    id,
    name: spec.name ?? id,
    tenant_id: spec.tenant_id ?? id.split('.')[0]!,
    parent_id: spec.parent_id ?? null,
    path: id.replaceAll('.', '/'),
    status: spec.status ?? 'active',
    tier,
    quotas: inFull(spec.quotas ?? {}),
    metadata: spec.metadata ?? {},
    tags: spec.tags ?? [],
    owner: spec.owner ?? null,
    policies: readPolicies(policies, []),
    capacity: spec.capacity ?? null,
    access: spec.access ?? null,
    backend: spec.backend ?? 'sqlite',
    backend_config: spec.backend_config ?? null,
    shard_id: 'local',
    created_at: NOW,
    updated_at: NOW,
    last_used_at: null,
    registered: true,
    children: 0,
    purge_at: null,
    effective: {
      status: { value: spec.status ?? 'active', from: id },
      tier: { value: tier ?? 'unlimited', from: tier === null ? 'settings' : id },
      quotas: { max_vectors: { limit: 10_000, warning_threshold: 0.8, action: 'reject', from: 'tier:free' } },
      policies: { cache_enabled: { value: true, from: 'settings' } },
    },
    revision: 1,
  };
}
