import { StorageError, type StoreHealth } from './store.js';

/**
 * Where the catalog of namespaces keeps its records and its audit log. Drivers: `memory`, and `sqlite`: one file in
 * `STORAGE_DIR`, whatever mode the namespaces' own state is kept in.
 *
 * Promises of every driver:
 * - `commit` is atomic: after a failure or a crash all of its changes are there or none, and once it resolved they survive
 *   `kill -9` (a durable driver).
 * - Calls take effect in the order they were made; calls may overlap.
 * - Failures reject with `StorageError`; the driver recovers by itself once the cause is gone, without a restart. After
 *   failure `io` it is unknown whether a commit took effect: whoever made it loads anew.
 * - Audit entries are only ever appended; the one change they know is that `redact` takes their values away.
 * - A damaged file is set aside under a new name and told of, never deleted, and never taken for an empty one.
 * - After `close` every call rejects with `StorageError` (`closed`); `close` waits for calls under way.
 */
export interface CatalogStore {
  /** Driver name. */
  readonly name: string;
  readonly durable: boolean;
  /** All rows of the kinds in `LOADED_KINDS`, in no particular order, and the newest audit row. */
  load(): Promise<CatalogContents>;
  /** One row of any kind, or undefined. One whose `expiresAt` has passed may still be returned: callers compare. */
  get(kind: CatalogKind, key: string): Promise<CatalogRow | undefined>;
  /** Applies the changes in order, all or none. An empty list does nothing. */
  commit(changes: readonly CatalogChange[]): Promise<void>;
  /**
   * Audit rows after `after` (0 = from the start) in ascending `seq`, at most `limit`, of those that fit the filter.
   * Costs a walk over those of the namespace, actor or action asked for, or over all, from `after` on.
   */
  audit(filter: AuditFilter, after: number, limit: number): Promise<AuditRow[]>;
  /** Removes expired rows, at most `limit`; whether there are more. */
  sweep(now: number, limit: number): Promise<boolean>;
  /**
   * Rewrites the file so that nothing of what was removed or redacted is left in it. Costs as much as the file is large
   * (10 to 15 ms a MB); rejects with `io` while a reader in another process keeps it from that.
   */
  compact(): Promise<void>;
  /** Without touching the disk; `detail` is one sentence for people. */
  health(): StoreHealth;
  close(): Promise<void>;
}

/** What can be asked of a catalog that another process owns. */
export type CatalogReader = Pick<CatalogStore, 'load' | 'get' | 'audit' | 'close'>;

/**
 * `namespace`: a registered namespace by its id. `usage`: durable counts of one, by its id. `answer`: what a request with
 * an idempotency key was answered; expires.
 */
export const CATALOG_KINDS = ['namespace', 'usage', 'answer'] as const;
export type CatalogKind = (typeof CATALOG_KINDS)[number];
/** What `load` returns. */
export const LOADED_KINDS = ['namespace', 'usage'] as const satisfies readonly CatalogKind[];

export interface CatalogRow {
  readonly kind: CatalogKind;
  /** Unique within its kind; 1 to 512 characters. */
  readonly key: string;
  /** JSON text. */
  readonly value: string;
  /** Milliseconds since the epoch; absent = never. */
  readonly expiresAt?: number;
}

/** One line of the audit log, as it is kept. */
export interface AuditRow {
  /** From 1, without gaps. */
  readonly seq: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  /** Empty where it was about no namespace. */
  readonly namespace: string;
  readonly requestId: string;
  /** JSON text of `{before, after, salt}`; null once redacted. */
  readonly values: string | null;
  /** SHA-256 of `values` as it was written, in hex. */
  readonly valuesHash: string;
  /** SHA-256 over the row before and this one without `values`, in hex. */
  readonly hash: string;
}

/** All that are given must fit. */
export interface AuditFilter {
  readonly namespace?: string | undefined;
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  /** Milliseconds since the epoch: at or after. */
  readonly since?: number | undefined;
}

export type CatalogChange =
  | { readonly put: CatalogRow }
  | { readonly remove: { readonly kind: CatalogKind; readonly key: string } }
  /**
   * Fails (`io`, nothing changed) where `seq` is not the next one, or the log does not end with the hash `follows` (absent =
   * that is not compared): somebody else wrote, or the file is another.
   */
  | { readonly append: AuditRow; readonly follows?: string | undefined }
  /** Takes `values` away from all audit rows of a namespace. */
  | { readonly redact: string };

export interface CatalogContents {
  readonly rows: readonly CatalogRow[];
  /** Undefined = nothing was ever appended. */
  readonly lastAudit: AuditRow | undefined;
}

/** How an audit log ends. */
export type AuditEnd = Pick<AuditRow, 'seq' | 'hash'>;

/** For drivers: throws `io` unless the entry is the next one of a log that ends so (undefined = it is empty). */
export function assertNext(
  { append: { seq }, follows }: Extract<CatalogChange, { append: AuditRow }>,
  last: AuditEnd | undefined,
): void {
  const end = last?.seq ?? 0;
  if (seq !== end + 1)
    throw new StorageError('io', `the audit log ends at ${end}: ${seq} is not its next entry`);
  if (follows !== undefined && last !== undefined && follows !== last.hash)
    throw new StorageError('io', `entry ${end} of the audit log is not the one that ${seq} follows on`);
}
