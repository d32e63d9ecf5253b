import {
  type AuditFilter,
  type AuditRow,
  assertNext,
  type CatalogChange,
  type CatalogContents,
  type CatalogKind,
  type CatalogRow,
  type CatalogStore,
} from '../../src/stores/catalog-store.js';
import { StorageError, type StorageFailure } from '../../src/stores/store.js';

/** A catalog store in memory that can be told to fail. */
export class FakeCatalogStore implements CatalogStore {
  readonly name = 'fake';
  readonly durable = true;
  readonly rows = new Map<string, CatalogRow>();
  log: AuditRow[] = [];
  /** Of commits, in order. */
  readonly commits: (readonly CatalogChange[])[] = [];
  loads = 0;
  swept: number[] = [];
  compactions = 0;
  isClosed = false;
  /** The next commit fails so, having taken effect or not. */
  failingCommit: { failure: StorageFailure; tookEffect: boolean } | null = null;
  /** Every load fails so. */
  failingLoad: StorageFailure | null = null;
  private gate: Promise<void> = Promise.resolve();

  /** Holds commits until what it returns is called. */
  stall(): () => void {
    let open = () => {};
    this.gate = new Promise((resolve) => {
      open = resolve;
    });
    return open;
  }

  async load(): Promise<CatalogContents> {
    this.loads++;
    if (this.failingLoad !== null) throw new StorageError(this.failingLoad, 'no load today');
    const rows = [...this.rows.values()].filter(({ kind }) => kind !== 'answer');
    return { rows, lastAudit: this.log.at(-1) };
  }

  async get(kind: CatalogKind, key: string): Promise<CatalogRow | undefined> {
    return this.rows.get(`${kind} ${key}`);
  }

  async commit(changes: readonly CatalogChange[]): Promise<void> {
    await this.gate;
    const failing = this.failingCommit;
    this.failingCommit = null;
    if (failing === null || failing.tookEffect) this.apply(changes);
    if (failing !== null) throw new StorageError(failing.failure, 'no commit today');
    this.commits.push(changes);
  }

  private apply(changes: readonly CatalogChange[]): void {
    for (const change of changes) {
      if ('put' in change) this.rows.set(`${change.put.kind} ${change.put.key}`, change.put);
      else if ('remove' in change) this.rows.delete(`${change.remove.kind} ${change.remove.key}`);
      else if ('append' in change) {
        assertNext(change, this.log.at(-1));
        this.log.push(change.append);
      } else
        this.log = this.log.map((row) => (row.namespace === change.redact ? { ...row, values: null } : row));
    }
  }

  async audit(filter: AuditFilter, after: number, limit: number): Promise<AuditRow[]> {
    if (this.failingLoad !== null) throw new StorageError(this.failingLoad, 'no audit today');
    return this.log
      .filter(({ seq, namespace }) => seq > after && namespace === (filter.namespace ?? namespace))
      .slice(0, limit);
  }

  async sweep(now: number): Promise<boolean> {
    this.swept.push(now);
    return false;
  }

  async compact(): Promise<void> {
    this.compactions++;
  }

  health() {
    return { status: 'ok' as const };
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}
