/**
 * Where namespaces keep their state. Drivers: `memory`, `sqlite` (one shared file), `sqlite-files` (a file for each
 * namespace) and `json` (files by template).
 *
 * A namespace's state is a set of rows `(kind, key) -> value`; the value is JSON text that only the namespace reads.
 *
 * Promises of every driver:
 * - `commit` is atomic: after a failure or a crash all of its changes are there or none, and once it resolved they
 *   survive `kill -9` (a durable driver).
 * - Nothing that is asked of one namespace reads, changes or names another's rows.
 * - Calls of one namespace take effect in the order they were made; calls may overlap.
 * - Failures reject with `StorageError`; the driver recovers by itself once the cause is gone, without a restart.
 * - After `close` every call rejects with `StorageError` (`closed`); `close` waits for calls under way.
 */
export interface Store {
  /** Driver name. */
  readonly name: string;
  /** Whether state outlives the process; if not, evicting a namespace drops its state. */
  readonly durable: boolean;
  /** Names of the namespaces that have at least one row, sorted by code unit. */
  namespaces(): Promise<string[]>;
  /** All rows of the kinds in `STATE_KINDS`, in no particular order; empty when there are none. */
  load(namespace: string): Promise<Row[]>;
  /** One row, or undefined. Rows whose `expiresAt` has passed may still be returned: callers compare. */
  get(namespace: string, kind: Kind, key: string): Promise<Row | undefined>;
  /** Up to `limit` rows of a kind whose `group` is this, newest (last put) first. */
  find(namespace: string, kind: Kind, group: string, limit: number): Promise<Row[]>;
  /**
   * Rows of all kinds in the order of their last puts, those after `cursor` (0 = from the start), at most `limit`; `next`
   * is the cursor to go on with, null = that was all. Rows put meanwhile may or may not appear.
   */
  scan(namespace: string, cursor: number, limit: number): Promise<RowPage>;
  /** Applies the changes in order, all or none. An empty list does nothing. */
  commit(namespace: string, changes: readonly Change[]): Promise<void>;
  /** Row counts and bytes of values by kind, for stats. */
  usage(namespace: string): Promise<StoreUsage>;
  /** Removes every row of a namespace. Removing what is not there is no error. */
  drop(namespace: string): Promise<void>;
  /**
   * Removes every row of a namespace, and every byte that it ever left in the driver's files: also of what had been
   * removed or overwritten before, in drafts, and in files of it alone that were set aside as damaged. What is not its
   * alone and may hold something of it is not touched, but named. Can be called again after a failure or a crash, and of
   * what is not there. In a file that all share it rewrites the whole file: 10 to 15 ms a MB, during which other calls
   * wait, and room for the file twice more.
   */
  erase(namespace: string): Promise<ErasedState>;
  /** The namespace is not needed for now: lets go of files and memory held for it. A later call opens it again. */
  release(namespace: string): Promise<void>;
  /**
   * Removes up to `limit` rows, over all namespaces, whose `expiresAt` is at or before `now`. Bounded work a call: call
   * again while there is `more`.
   */
  sweep(now: number, limit: number): Promise<SweepResult>;
  /** What the driver knows about its health without touching the disk; `detail` is one sentence for people. */
  health(): StoreHealth;
  close(): Promise<void>;
}

/** What can be asked of a store that another process owns. */
export type StoreReader = Pick<Store, 'namespaces' | 'load' | 'get' | 'scan' | 'usage' | 'close'>;

/** Kinds that `load` returns: the namespace's own state. */
export const STATE_KINDS = ['meta', 'cell', 'document', 'frequencies'] as const;
/** All kinds. `impression`, `used` and `allowance` are looked up one by one and expire. */
export const KINDS = [...STATE_KINDS, 'impression', 'used', 'allowance'] as const;
export type Kind = (typeof KINDS)[number];

export interface Row {
  readonly kind: Kind;
  /** Unique within namespace and kind; 1 to 512 characters. */
  readonly key: string;
  /** JSON text. */
  readonly value: string;
  /** Second key that `find` goes by. */
  readonly group?: string;
  /** Milliseconds since the epoch; absent = never. */
  readonly expiresAt?: number;
}

export type Change =
  | { readonly put: Row }
  | { readonly remove: { readonly kind: Kind; readonly key: string } };

/** Part of a namespace's rows. */
export interface RowPage {
  readonly rows: readonly Row[];
  /** Where the next page begins; null = there is none. */
  readonly next: number | null;
}

export interface ErasedState {
  /** Rows that were there; 0 where they could not be read. */
  readonly rows: number;
  /** Of their values. */
  readonly bytes: number;
  /** Files that were removed. */
  readonly files: readonly string[];
  /** Files and folders that may hold something of it still, for they are not its alone: set aside as damaged, or moved away. */
  readonly left: readonly string[];
}

export interface SweepResult {
  readonly removed: number;
  /** Whether there may be more to remove. */
  readonly more: boolean;
}

export interface StoreUsage {
  readonly rows: Readonly<Record<Kind, number>>;
  readonly bytes: Readonly<Record<Kind, number>>;
}

export interface StoreHealth {
  readonly status: 'ok' | 'degraded';
  /** Why the disk does not do what it should. */
  readonly detail?: string;
  /** How many namespaces' state cannot be used, as of a newer format; they make the status `degraded`. */
  readonly unusable?: number;
  /** How many had damaged state set aside since the start; they work, without what was damaged. */
  readonly quarantined?: number;
}

/**
 * Bound on impressions, enforced by the driver inside the commit that exceeds it: the oldest go first, of the namespace
 * over `namespaceBytes`, then of any over `totalBytes`.
 */
export interface ImpressionBounds {
  readonly namespaceBytes: number;
  readonly totalBytes: number;
  /** Most impressions a namespace keeps; absent = bytes alone decide. */
  readonly namespaceCount?: number;
}

/** Why a store call failed. `full` and `read-only` mend themselves when the disk does. */
export type StorageFailure = 'full' | 'read-only' | 'damaged' | 'newer' | 'locked' | 'closed' | 'io';

export class StorageError extends Error {
  override readonly name = 'StorageError';

  constructor(
    readonly failure: StorageFailure,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
