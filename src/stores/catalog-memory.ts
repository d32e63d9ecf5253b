import {
  type AuditEnd,
  type AuditFilter,
  type AuditRow,
  assertNext,
  type CatalogChange,
  type CatalogContents,
  type CatalogKind,
  type CatalogRow,
  type CatalogStore,
  LOADED_KINDS,
} from './catalog-store.js';
import { StorageError, type StoreHealth } from './store.js';

/**
 * Keeps the catalog in the process's own memory: nothing outlives it. For tests and `STORAGE_BACKEND=memory`. Rows handed
 * out are frozen copies of those handed in. Of the audit log the newest rows stay, as many as `maxAudit`: whoever reads it
 * from the start begins at the oldest that is left.
 */
export class MemoryCatalog implements CatalogStore {
  readonly name = 'memory';
  readonly durable = false;
  /** By kind and key. */
  private readonly rows = new Map<string, CatalogRow>();
  private log: AuditRow[] = [];
  private end: AuditEnd | undefined;
  private isClosed = false;

  constructor(private readonly maxAudit = 100_000) {}

  async load(): Promise<CatalogContents> {
    this.assertOpen();
    const isLoaded = ({ kind }: CatalogRow) => (LOADED_KINDS as readonly CatalogKind[]).includes(kind);
    return { rows: [...this.rows.values()].filter(isLoaded), lastAudit: this.log.at(-1) };
  }

  async get(kind: CatalogKind, key: string): Promise<CatalogRow | undefined> {
    this.assertOpen();
    return this.rows.get(placeOf(kind, key));
  }

  async commit(changes: readonly CatalogChange[]): Promise<void> {
    this.assertOpen();
    // All that can fail is looked at before anything changes.
    let end = this.end;
    for (const change of changes) {
      if (!('append' in change)) continue;
      assertNext(change, end);
      end = change.append;
    }
    for (const change of changes.map(copyOf)) this.apply(change);
    if (this.log.length > 2 * this.maxAudit) this.log = this.log.slice(-this.maxAudit);
  }

  /** Costs a walk over the log from `after` on. */
  async audit(filter: AuditFilter, after: number, limit: number): Promise<AuditRow[]> {
    this.assertOpen();
    const found: AuditRow[] = [];
    const oldest = this.log[Math.max(0, this.log.length - this.maxAudit)]?.seq ?? 1;
    const from = Math.max(after + 1, oldest);
    for (let at = from - (this.log[0]?.seq ?? 1); at < this.log.length && found.length < limit; at += 1) {
      const row = this.log[at]!;
      if (isMeant(filter, row)) found.push(row);
    }
    return found;
  }

  async sweep(now: number, limit: number): Promise<boolean> {
    this.assertOpen();
    let removed = 0;
    for (const [place, { expiresAt = Number.POSITIVE_INFINITY }] of this.rows) {
      if (expiresAt > now) continue;
      if (removed >= limit) return true;
      this.rows.delete(place);
      removed += 1;
    }
    return false;
  }

  /** What was removed is gone already. */
  async compact(): Promise<void> {
    this.assertOpen();
  }

  health(): StoreHealth {
    return { status: 'ok' };
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.rows.clear();
    this.log = [];
  }

  private apply(change: CatalogChange): void {
    if ('put' in change) this.rows.set(placeOf(change.put.kind, change.put.key), change.put);
    else if ('remove' in change) this.rows.delete(placeOf(change.remove.kind, change.remove.key));
    else if ('append' in change) {
      this.log.push(change.append);
      this.end = change.append;
    } else {
      this.log = this.log.map((row) =>
        row.namespace === change.redact ? Object.freeze({ ...row, values: null }) : row,
      );
    }
  }

  private assertOpen(): void {
    if (this.isClosed) throw new StorageError('closed', 'the catalog is closed');
  }
}

function placeOf(kind: CatalogKind, key: string): string {
  return `${kind}/${key}`;
}

function isMeant({ namespace, actor, action, since }: AuditFilter, row: AuditRow): boolean {
  return (
    (namespace === undefined || row.namespace === namespace) &&
    (actor === undefined || row.actor === actor) &&
    (action === undefined || row.action === action) &&
    (since === undefined || row.at >= since)
  );
}

/** That nobody else changes. */
function copyOf(change: CatalogChange): CatalogChange {
  if ('put' in change) return { put: Object.freeze({ ...change.put }) };
  if ('append' in change) return { ...change, append: Object.freeze({ ...change.append }) };
  return 'remove' in change ? { remove: { ...change.remove } } : change;
}
