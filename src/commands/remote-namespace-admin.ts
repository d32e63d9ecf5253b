import type {
  AdminCall,
  ApplyOptions,
  AuditQuery,
  Declared,
  ErasedNamespace,
  ListQuery,
  NamespaceAdmin,
  NamespacePatch,
  NamespaceSpec,
  NamespaceStats,
  NamespaceView,
  Plan,
  QuotasSpec,
  TotalStats,
} from '../management/namespace-admin.js';
import { callServer, type ServerCall, ServerRefusal } from './call-server.js';

/** A purge waits for requests inside and rewrites files: as long as the longest drain, and some. */
const PURGE_TIMEOUT_MS = 3_900_000;

type Call = Omit<ServerCall, 'url' | 'token'>;

/**
 * Managing the namespaces of a running server through `/admin`. Who asks is known there by the token, so the actor of a
 * call is not sent. Rejects with the server's `AppError`; with `CommandError` where it cannot be reached or refuses the token.
 */
export class RemoteNamespaceAdmin implements NamespaceAdmin {
  constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  async create(spec: NamespaceSpec, call: AdminCall) {
    const { idempotencyKey } = call;
    const { body, headers } = await this.ask({
      path: '/admin/namespaces',
      body: spec,
      headers: { ...(idempotencyKey !== undefined && { 'Idempotency-Key': idempotencyKey }) },
    });
    return { namespace: body as NamespaceView, isRepeated: headers.get('idempotency-replayed') === 'true' };
  }

  list(query: ListQuery) {
    return this.read<{ namespaces: NamespaceView[]; next_cursor: string | null }>('/admin/namespaces', query);
  }

  get(id: string) {
    return this.read<NamespaceView>(pathOf(id));
  }

  update(id: string, patch: NamespacePatch, call: AdminCall) {
    return this.change<NamespaceView>({ method: 'PATCH', path: pathOf(id), body: patch }, call);
  }

  setQuotas(id: string, quotas: QuotasSpec, call: AdminCall) {
    return this.change<NamespaceView>({ method: 'PUT', path: `${pathOf(id)}/quotas`, body: quotas }, call);
  }

  setStatus(id: string, status: NamespaceView['status'], call: AdminCall) {
    return this.change<NamespaceView>(
      { method: 'PUT', path: `${pathOf(id)}/status`, body: { status } },
      call,
    );
  }

  remove(
    id: string,
    { force, graceS }: { readonly force: boolean; readonly graceS?: number },
    call: AdminCall,
  ): Promise<NamespaceView | ErasedNamespace> {
    const query = { force: force || undefined, grace: graceS };
    const timeoutMs = PURGE_TIMEOUT_MS;
    return this.change({ method: 'DELETE', path: pathOf(id), query, timeoutMs }, call);
  }

  restore(id: string, call: AdminCall) {
    return this.change<NamespaceView>({ path: `${pathOf(id)}/restore` }, call);
  }

  stats(id: string) {
    return this.read<NamespaceStats>(`${pathOf(id)}/stats`);
  }

  totals() {
    return this.read<TotalStats>('/admin/stats');
  }

  resolve(id: string) {
    return this.read<Awaited<ReturnType<NamespaceAdmin['resolve']>>>(`${pathOf(id)}/resolve`);
  }

  audit(query: AuditQuery) {
    return this.read<Awaited<ReturnType<NamespaceAdmin['audit']>>>('/admin/audit', query);
  }

  apply({ namespaces }: Declared, { dryRun, prune }: ApplyOptions, call: AdminCall) {
    const body = { namespaces, dry_run: dryRun, prune };
    return this.change<Plan>({ path: '/admin/apply', body }, call);
  }

  private async read<Answer>(path: string, query: object = {}): Promise<Answer> {
    const { body } = await this.ask({ method: 'GET', path, query: query as NonNullable<Call['query']> });
    return body as Answer;
  }

  private async change<Answer>(call: Call, { ifMatch }: AdminCall): Promise<Answer> {
    const { body } = await this.ask({
      ...call,
      headers: { ...(ifMatch !== undefined && { 'If-Match': ifMatch }) },
    });
    return body as Answer;
  }

  private async ask(call: Call) {
    try {
      return await callServer({ ...call, url: this.url, token: this.token });
    } catch (error) {
      // A refused token, and a server without `/admin`, are told as such: they are about the call, not the namespace.
      if (!(error instanceof ServerRefusal) || error.error === undefined) throw error;
      if (error.status === 401 || error.status === 405) throw error;
      throw error.error;
    }
  }
}

/** Names have one spelling in a path: what may stand there stands there as it is. */
function pathOf(id: string): string {
  return `/admin/namespaces/${encodeURI(id).replace(/[/?#]/g, encodeURIComponent)}`;
}
