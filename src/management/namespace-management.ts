import { namespaceNotFound } from '../catalog/status.js';
import { applyDeclared } from './apply-declared.js';
import { AutoRaise, type Exceeded } from './auto-raise.js';
import { setQuotas, setStatus, updateNamespace } from './change-namespace.js';
import { createNamespace } from './create-namespace.js';
import { deleteNamespace, purgeNow, restoreNamespace } from './deletion.js';
import { listNamespaces } from './list-namespaces.js';
import type { ManagementOptions } from './management-options.js';
import { NamesInUse } from './names-in-use.js';
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
  NamespaceStats,
  NamespaceView,
  Plan,
  QuotasSpec,
  TotalStats,
} from './namespace-admin.js';
import { Numbers } from './namespace-numbers.js';
import { statsOf, statsOfMany } from './namespace-stats.js';
import { shardOf, statusOf, viewOf } from './namespace-view.js';
import { Purger } from './purger.js';
import { readAudit } from './read-audit.js';
import { authorOf, RecordChanges } from './record-changes.js';
import { RepeatedAnswers } from './repeated-answers.js';
import { Sweeper } from './sweeper.js';
import { Totals } from './total-stats.js';

/**
 * Manages namespaces over a catalog and a store, in a server or in a command that owns the folder. What happens without
 * being asked (purges that are due or were cut short, limits that raise themselves) happens from `start` to `stop`.
 */
export class NamespaceManagement implements NamespaceAdmin {
  private readonly parts;
  private readonly sweeper: Sweeper;
  private readonly totalStats: Totals;

  constructor(private readonly options: ManagementOptions) {
    const inUse = new NamesInUse(options);
    const numbers = new Numbers(options);
    const answers = new RepeatedAnswers(options.catalog);
    const changes = new RecordChanges({ ...options, inUse });
    const known = { ...options, inUse, numbers, answers, changes };
    const purger = new Purger(known);
    const autoRaise = new AutoRaise(known);
    this.parts = { ...known, purger, autoRaise };
    this.sweeper = new Sweeper(this.parts);
    this.totalStats = new Totals(this.parts);
  }

  start(): void {
    this.sweeper.start();
  }

  /** Ends after the purge that is erasing; others that have begun go on at the next start. */
  stop(): Promise<void> {
    this.parts.autoRaise.stop();
    return this.sweeper.stop();
  }

  /** One round of what is done without being asked. Failures are told to `events`. */
  sweep(): Promise<void> {
    return this.sweeper.sweep();
  }

  /**
   * Whether a name is in use, as far as that is known without waiting. Throws `AppError` 503 for a name that nobody has met
   * while the names could not be read; see `learnNames`.
   */
  mayBeInUse(name: string): boolean {
    return this.parts.inUse.known(name);
  }

  /** Reads the names in use, unless that was done. Rejects with `AppError` 503: to be called again. */
  learnNames(): Promise<void> {
    return this.parts.inUse.learn();
  }

  /** A namespace learnt something: limits that raise themselves are looked at soon. Never waits or throws. */
  noteGrowth(name: string): void {
    this.parts.autoRaise.noteGrowth(name);
  }

  /** Raises a limit that stands in the way, if it raises itself that far; whether there is room by now. Never throws. */
  makeRoom(exceeded: Exceeded): Promise<boolean> {
    return this.parts.autoRaise.makeRoom(exceeded);
  }

  /**
   * Puts into the audit log what was changed elsewhere; `namespace` is empty where it was of none. Rejects with `AppError`
   * 503.
   */
  async note(action: string, namespace: string, after: object, call: AdminCall): Promise<void> {
    await this.options.catalog.change(authorOf(call), () => ({
      audit: [{ action, namespace, after }],
      result: undefined,
    }));
  }

  async create(
    spec: NamespaceSpec,
    call: AdminCall,
  ): Promise<{ namespace: NamespaceView; isRepeated: boolean }> {
    const created = await createNamespace(spec, call, this.parts);
    if (!created.isRepeated) this.parts.autoRaise.noteGrowth(spec.id, true);
    return created;
  }

  list(query: ListQuery): Promise<{ namespaces: NamespaceView[]; next_cursor: string | null }> {
    return listNamespaces(query, this.parts);
  }

  async get(id: string): Promise<NamespaceView> {
    await this.assertThere(id);
    const wasRegistered = this.options.catalog.record(id) !== undefined;
    const view = await this.view(id);
    // Purged while its numbers were read: it is not one that is merely in use.
    if (wasRegistered && !view.registered) throw namespaceNotFound(id);
    return view;
  }

  async update(id: string, patch: NamespacePatch, call: AdminCall): Promise<NamespaceView> {
    await updateNamespace(id, patch, call, this.parts);
    return this.view(id);
  }

  async setQuotas(id: string, quotas: QuotasSpec, call: AdminCall): Promise<NamespaceView> {
    await setQuotas(id, quotas, call, this.parts);
    return this.view(id);
  }

  async setStatus(
    id: string,
    status: Parameters<NamespaceAdmin['setStatus']>[1],
    call: AdminCall,
  ): Promise<NamespaceView> {
    await setStatus(id, status, call, this.parts);
    return this.view(id);
  }

  async remove(
    id: string,
    { force, graceS }: { readonly force: boolean; readonly graceS?: number },
    call: AdminCall,
  ): Promise<NamespaceView | ErasedNamespace> {
    if (force) return purgeNow(id, graceS, call, this.parts);
    await deleteNamespace(id, graceS, call, this.parts);
    const purgeAt = this.options.catalog.record(id)?.deletion?.purge_at;
    if (purgeAt !== undefined) this.sweeper.wake(purgeAt);
    return this.view(id);
  }

  async restore(id: string, call: AdminCall): Promise<NamespaceView> {
    await restoreNamespace(id, call, this.parts);
    return this.view(id);
  }

  async stats(id: string): Promise<NamespaceStats> {
    await this.assertThere(id);
    return statsOf(id, this.parts);
  }

  /** Of several at once, which costs less; undefined = of this one they cannot be read just now. */
  statsOf(ids: readonly string[]): Promise<(NamespaceStats | undefined)[]> {
    return statsOfMany(ids, this.parts);
  }

  totals(): Promise<TotalStats> {
    return this.totalStats.now();
  }

  async resolve(id: string): ReturnType<NamespaceAdmin['resolve']> {
    await this.assertThere(id);
    const { catalog, store, isDegraded } = this.options;
    const status = statusOf(catalog.effective(id), isDegraded);
    return { namespace_id: id, shard_id: shardOf(this.options), backend: store.name, status };
  }

  audit(query: AuditQuery): Promise<{ entries: AuditEntry[]; next_cursor: string | null }> {
    return readAudit(query, this.options.catalog);
  }

  apply(declared: Declared, options: ApplyOptions, call: AdminCall): Promise<Plan> {
    return applyDeclared(declared, options, call, this.parts);
  }

  /** Rejects with `AppError` 404 for a name that is neither registered nor in use. */
  private async assertThere(id: string): Promise<void> {
    const { catalog } = this.options;
    if (catalog.record(id) === undefined && !(await this.parts.inUse.has(id))) throw namespaceNotFound(id);
  }

  private async view(id: string): Promise<NamespaceView> {
    const { inUse, numbers } = this.parts;
    const lastUsedAt = inUse.mayHave(id) ? await numbers.lastUsedAt(id) : null;
    return viewOf(id, this.options.catalog, this.options, lastUsedAt);
  }
}
