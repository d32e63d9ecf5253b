import type {
  Change,
  ErasedState,
  Kind,
  Row,
  RowPage,
  StorageError,
  StoreUsage,
  SweepResult,
} from './store.js';

/**
 * The store contract as a durable driver carries it out: synchronous, for it blocks its thread for as long as the disk
 * takes, so the server runs it in a worker behind `WorkerStore`. Everything it throws is a `StorageError`; it works
 * again by itself once the cause is gone. What the calls promise is said in `Store`.
 */
export interface StoreEngine {
  /**
   * Opens, so that what must stop the start does: throws `StorageError` (`newer`, `locked`). Answers what else is wrong
   * with the disk, undefined when all is well. Called before every other call, and again after it threw.
   */
  open(): StorageError | undefined;
  namespaces(): string[];
  load(namespace: string): Row[];
  get(namespace: string, kind: Kind, key: string): Row | undefined;
  find(namespace: string, kind: Kind, group: string, limit: number): Row[];
  scan(namespace: string, cursor: number, limit: number): RowPage;
  commit(namespace: string, changes: readonly Change[]): void;
  usage(namespace: string): StoreUsage;
  drop(namespace: string): void;
  erase(namespace: string): ErasedState;
  release(namespace: string): void;
  /** Also finds out, when writes were failing, whether they still do. */
  sweep(now: number, limit: number): SweepResult;
  /**
   * One slice, of 10 ms where it can be, of work that can wait; called while no call is waiting. Answers whether there
   * is more. What fails here is tried again after a later call.
   */
  idle(): boolean;
  close(): void;
}

/** What an engine reports besides answers. */
export interface EngineEvents {
  /**
   * Damaged state was set aside under `newPath`, and what of it could be read took its place: `kept` rows, where that is
   * counted. `newPath` null = the file is missing, or older than what was built on it, so that there is nothing to set
   * aside. `namespace` null = the file that all share.
   */
  quarantined(namespace: string | null, path: string, newPath: string | null, kept?: number): void;
  /** What was read of a namespace earlier no longer holds; null = of every namespace. */
  replaced(namespace: string | null): void;
}
