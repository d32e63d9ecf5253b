import { randomBytes as systemBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../base/clock.js';
import { AppError } from '../base/errors.js';
import type {
  AuditFilter,
  AuditRow,
  CatalogChange,
  CatalogRow,
  CatalogStore,
} from '../stores/catalog-store.js';
import { StorageError } from '../stores/store.js';
import { nextRow, type RandomBytes } from './audit-chain.js';
import { CatalogState } from './catalog-state.js';
import type { Author, CatalogEdit, CatalogView } from './catalog-view.js';
import type { Effective } from './effective.js';
import { loadContents } from './load-contents.js';
import { type PlannedEdit, planEdit } from './plan-edit.js';
import type { Policies } from './policies.js';
import type { NamespaceRecord } from './record.js';
import { type Counts, type UsageCounts, usageRow } from './usage.js';

export interface CatalogOptions {
  readonly store: CatalogStore;
  readonly clock: Clock;
  /** Which names requests may use, and the one that is never deleted. */
  readonly names: { accepts(name: string): boolean; readonly defaultName: string };
  /** Most registered namespaces. */
  readonly maxRegistered: number;
  /**
   * What is asked before a first load succeeded: true = answered as if nothing were registered, for servers where nobody
   * manages namespaces; default: refused with 503, for who is suspended is not known.
   */
  readonly isOptional?: boolean;
  /** See `EditRules`. */
  readonly policyProblem?: (policies: Policies) => string | undefined;
  /** For salts of the audit log; default those of the system. */
  readonly randomBytes?: RandomBytes;
  /** Told of each audit row once it is durable. Must not throw. */
  readonly onAppended?: (row: AuditRow) => void;
  /** Told of each row that could not be read, in a sentence without what is in it, on every load. Must not throw. */
  readonly onProblem?: (problem: string) => void;
}

/** Names whose effective state is remembered; one takes some 500 bytes. */
const MAX_REMEMBERED = 32_768;
/** Changes that wait for their turn. */
const MAX_WAITING = 1024;
/** Ids that listeners are told one by one. */
const MAX_TOLD = 1000;
/** Between tries to load, while requests ask and nothing could be loaded yet. */
const RETRY_MS = 1000;

/**
 * The registry of record: all registered namespaces in memory, as durable as the store is. Questions are answered at once
 * from memory, which holds what was committed and nothing else; changes are made one after the other, each checked against
 * the catalog as it would become, committed with its audit entries at once, and then taken into memory.
 *
 * Where a commit's outcome is unknown everything is loaded anew before the next change. Until a first load succeeded
 * (`isLoaded`) every question throws `AppError` 503, unless the catalog is optional.
 */
export class NamespaceCatalog implements CatalogView {
  private state = new CatalogState();
  private usages = new Map<string, Counts>();
  private lastRow: AuditRow | undefined;
  /** Rows written by a newer version, by id: never to be overwritten. */
  private newer: ReadonlySet<string> = new Set();
  private loaded = false;
  /** Memory may not be what the store holds. */
  private isStale = true;
  private lastTryAt = Number.NEGATIVE_INFINITY;
  private waiting = 0;
  /** Counts that wait for their turn together. */
  private gathered: { readonly rows: UsageCounts[]; readonly done: Promise<void> } | undefined;
  private tail: Promise<unknown> = Promise.resolve();
  private readonly remembered = new LRUCache<string, Effective>({ max: MAX_REMEMBERED });
  private readonly listeners = new Set<(ids: readonly string[] | null) => void>();

  private constructor(private readonly options: CatalogOptions) {}

  /**
   * Loads it; 10 000 records take some 0.2 s. Rejects with `StorageError` for `newer` and `closed` alone: whatever else is
   * wrong may pass, and until then `isLoaded` is false.
   */
  static async open(options: CatalogOptions): Promise<NamespaceCatalog> {
    const catalog = new NamespaceCatalog(options);
    try {
      await catalog.reload();
    } catch (error) {
      const cause = (error as Error).cause;
      if (!(cause instanceof StorageError)) throw error;
      if (cause.failure === 'newer' || cause.failure === 'closed') throw cause;
    }
    return catalog;
  }

  /** Whether questions can be answered. */
  get isLoaded(): boolean {
    return this.loaded;
  }

  /** Whether they are answered from what the store holds, as far as is known; if not, `reload`. */
  get isCurrent(): boolean {
    return this.loaded && !this.isStale;
  }

  /**
   * Loads everything anew, after the changes under way. Rejects with `AppError` 503; then what was known is answered, and
   * nothing is changed before a load succeeded.
   */
  reload(): Promise<void> {
    this.isStale = true;
    return this.inTurn(() => this.load());
  }

  effective(name: string): Effective {
    let known = this.remembered.get(name);
    if (known === undefined) {
      known = this.known.effective(name);
      this.remembered.set(name, known);
    }
    return known;
  }

  record(id: string): NamespaceRecord | undefined {
    return this.known.record(id);
  }

  records(): readonly NamespaceRecord[] {
    return this.known.records();
  }

  parentOf(name: string): string | null {
    return this.known.parentOf(name);
  }

  childrenOf(id: string): readonly string[] {
    return this.known.childrenOf(id);
  }

  childCount(id: string): number {
    return this.known.childCount(id);
  }

  belowCount(id: string): number {
    return this.known.belowCount(id);
  }

  descendantsOf(id: string): readonly string[] {
    return this.known.descendantsOf(id);
  }

  pathOf(id: string): string {
    return this.known.pathOf(id);
  }

  /**
   * One change, in its turn. `edit` sees the catalog as it is then, does not wait, and says what to write; it may throw
   * `AppError`, and nothing has changed. Rejects with `AppError` 409, 422, 429 where the result would break a rule, 503
   * where the store does not take it or too many changes wait.
   */
  change<R>(by: Author, edit: (catalog: CatalogView) => CatalogEdit<R>): Promise<R> {
    return this.inTurn(async () => {
      await this.freshen();
      const now = Math.floor(this.options.clock.now());
      const { names, maxRegistered, policyProblem } = this.options;
      const rules = {
        defaultName: names.defaultName,
        accepts: names.accepts.bind(names),
        maxRegistered,
        policyProblem,
      };
      const seq = (this.lastRow?.seq ?? 0) + 1;
      const plan = planEdit(this.state, edit(this), { ...rules, newer: this.newer, now, seq });
      const appended = this.auditRows(by, plan, now);
      const changes = [...plan.changes, ...this.appends(appended)];
      if (changes.length > 0) await this.commit(changes);
      this.take(plan, appended);
      return plan.result;
    });
  }

  /** Durable counts of a registered namespace by what they count; empty without any. */
  usage(id: string): Counts {
    void this.known;
    return this.usages.get(id) ?? {};
  }

  /**
   * Sets durable counts, those that are named; others stay. Counts of what is not registered are left out: it may have been
   * purged meanwhile. Nothing is audited; all that wait for their turn are one commit. Rejects with `AppError` 503.
   */
  async putUsage(rows: readonly UsageCounts[]): Promise<void> {
    // One that cannot be kept must not fail those it waits with.
    for (const { id, counts } of rows) usageRow(id, counts);
    if (this.gathered === undefined) {
      const gathered: UsageCounts[] = [];
      const leave = () => {
        if (this.gathered?.rows === gathered) this.gathered = undefined;
      };
      const done = this.inTurn(() => {
        leave();
        return this.writeUsage(gathered);
      });
      this.gathered = { rows: gathered, done };
      // Where too many changes wait it never had its turn.
      done.catch(leave);
    }
    this.gathered.rows.push(...rows);
    await this.gathered.done;
  }

  private async writeUsage(rows: readonly UsageCounts[]): Promise<void> {
    await this.freshen();
    const next = new Map<string, Counts>();
    for (const { id, counts } of rows) {
      if (this.state.record(id) === undefined) continue;
      next.set(id, Object.freeze({ ...(next.get(id) ?? this.usages.get(id)), ...counts }));
    }
    if (next.size === 0) return;
    await this.commit([...next].map(([id, counts]) => ({ put: usageRow(id, counts) })));
    for (const [id, counts] of next) this.usages.set(id, counts);
  }

  /** What a request with this key was answered; undefined = nothing, or too long ago. Rejects with `AppError` 503. */
  async answer(key: string): Promise<CatalogRow | undefined> {
    const row = await this.asked(this.options.store.get('answer', key));
    return row?.expiresAt !== undefined && row.expiresAt <= this.options.clock.now() ? undefined : row;
  }

  /** As `CatalogStore.audit`. Rejects with `AppError` 503. */
  audit(filter: AuditFilter, after: number, limit: number): Promise<AuditRow[]> {
    return this.asked(this.options.store.audit(filter, after, limit));
  }

  /**
   * Called after every change with ids for which, and for every name below them by dots, registered or not, something may
   * hold that did not (null = for any name), until what it returns is called. Must not throw.
   */
  onChange(listener: (ids: readonly string[] | null) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Removes answers whose time is over, at most `limit`; whether there are more. Rejects with `AppError` 503. */
  sweep(limit: number): Promise<boolean> {
    return this.asked(this.options.store.sweep(this.options.clock.now(), limit));
  }

  /** Makes the store forget what was removed and redacted. Rejects with `AppError` 503. */
  compact(): Promise<void> {
    return this.asked(this.options.store.compact(), 'compacted');
  }

  /** Waits for the changes under way and closes the store. */
  async close(): Promise<void> {
    await this.tail;
    await this.options.store.close();
  }

  /** The state, if it can be relied on; else tries to load it behind the answer, so that it comes back without a restart. */
  private get known(): CatalogState {
    if (this.loaded) return this.state;
    const now = this.options.clock.now();
    if (now - this.lastTryAt >= RETRY_MS) {
      this.lastTryAt = now;
      // A failure has been told by what throws below, and is tried again.
      this.reload().catch(() => undefined);
    }
    if (this.options.isOptional) return this.state;
    throw new AppError('UNAVAILABLE', 'The catalog of namespaces cannot be read just now');
  }

  private inTurn<R>(work: () => Promise<R>): Promise<R> {
    if (this.waiting >= MAX_WAITING)
      return Promise.reject(new AppError('UNAVAILABLE', 'Too many changes of namespaces wait; try again'));
    this.waiting++;
    const done = this.tail.then(work).finally(() => {
      this.waiting--;
    });
    this.tail = done.catch(() => undefined);
    return done;
  }

  private async freshen(): Promise<void> {
    if (this.isStale) await this.load();
  }

  private async load(): Promise<void> {
    this.isStale = true;
    const contents = loadContents(await this.asked(this.options.store.load()));
    for (const problem of contents.problems) this.options.onProblem?.(problem);
    this.state = new CatalogState(contents.records);
    this.usages = contents.usages;
    this.newer = contents.newer;
    this.lastRow = contents.lastAudit;
    this.loaded = true;
    this.isStale = false;
    this.tell(null);
  }

  private auditRows(by: Author, { audit }: PlannedEdit<unknown>, now: number): AuditRow[] {
    const rows: AuditRow[] = [];
    const randomBytes = this.options.randomBytes ?? systemBytes;
    const { actor, requestId } = by;
    for (const note of audit)
      rows.push(nextRow(rows.at(-1) ?? this.lastRow, { at: now, actor, requestId, ...note }, randomBytes));
    return rows;
  }

  private appends(rows: readonly AuditRow[]): CatalogChange[] {
    return rows.map((append, place) => ({ append, follows: (rows[place - 1] ?? this.lastRow)?.hash }));
  }

  private async commit(changes: readonly CatalogChange[]): Promise<void> {
    try {
      await this.options.store.commit(changes);
    } catch (error) {
      // Of other failures the store promises that nothing has changed.
      if (!(error instanceof StorageError) || error.failure === 'io') this.isStale = true;
      throw unavailable(error, 'written');
    }
  }

  /** Takes a committed change into memory. */
  private take({ records, touched }: PlannedEdit<unknown>, appended: readonly AuditRow[]): void {
    this.state.apply(records);
    for (const id of records.remove) this.usages.delete(id);
    this.lastRow = appended.at(-1) ?? this.lastRow;
    if (touched.length > 0) this.tell(touched.length > MAX_TOLD ? null : touched);
    for (const row of appended) this.options.onAppended?.(row);
  }

  private tell(ids: readonly string[] | null): void {
    this.remembered.clear();
    for (const listener of [...this.listeners]) listener(ids);
  }

  private async asked<T>(answer: Promise<T>, verb: Verb = 'read'): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      throw unavailable(error, verb);
    }
  }
}

/** What could not be done with the catalog. */
type Verb = 'read' | 'written' | 'compacted';

/** What callers are told of a failing store; anything else is a fault of ours. */
function unavailable(error: unknown, verb: Verb): unknown {
  if (!(error instanceof StorageError)) return error;
  const message = `The catalog of namespaces cannot be ${verb} just now (${error.failure})`;
  return new AppError('UNAVAILABLE', message, null, { cause: error });
}
