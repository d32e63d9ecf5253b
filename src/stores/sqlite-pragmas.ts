import { statSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { refuseNewer } from './sqlite-file.js';
import { type DatabaseKind, formatOf, migrate } from './sqlite-schema.js';
import { StorageError } from './store.js';

/** Waiting for another connection's lock: only a reader's recovery or a checkpoint can hold one. */
const BUSY_TIMEOUT_MS = 2_000;
/** The log is put away every so many pages of 4096 bytes … */
const CHECKPOINT_PAGES = 1_000;
/** … and cut back to this length if a reader or a burst had let it grow. */
const LOG_LIMIT_BYTES = 16 * 1024 * 1024;
/** Files up to this size are checked page by page when they are opened: about 0.1 s. */
const FULL_CHECK_BYTES = 64 * 1024 * 1024;

export interface Tuning {
  readonly sync: 'normal' | 'full';
  /** Largest the file may grow, in pages of 4096 bytes. */
  readonly maxPages?: number | undefined;
  /** Most memory for pages; absent = SQLite's own 2 MiB. */
  readonly cacheKiB?: number | undefined;
}

/** Settings of a connection that writes. Throws what SQLite throws when the file cannot be written. */
export function configure(database: Database, { sync, maxPages, cacheKiB }: Tuning): void {
  database.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
  database.pragma('journal_mode = WAL');
  database.pragma(`synchronous = ${sync.toUpperCase()}`);
  database.pragma(`fullfsync = ${sync === 'full' ? 1 : 0}`);
  database.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  database.pragma(`journal_size_limit = ${LOG_LIMIT_BYTES}`);
  database.pragma('trusted_schema = OFF');
  if (cacheKiB !== undefined) database.pragma(`cache_size = -${cacheKiB}`);
  if (maxPages !== undefined) database.pragma(`max_page_count = ${maxPages}`);
}

/**
 * Refuses a newer format, brings an older one up to date, and looks for damage: page by page in files of up to
 * `fullCheckBytes` (64 MiB); in larger ones only what SQLite sees by itself, as a wrong length or a garbled first page.
 * Throws `StorageError` (`newer`, `damaged`) and what SQLite throws.
 */
export function verify(
  database: Database,
  path: string,
  kind: DatabaseKind,
  fullCheckBytes = FULL_CHECK_BYTES,
): void {
  refuseNewer(path, formatOf(database), kind);
  refuseDamage(database, path, fullCheckBytes);
  migrate(database, kind.migrations, kind);
}

/** The same of a file of today's format, through a connection that may only read; another format counts as damage. */
export function verifyUnchanged(
  database: Database,
  path: string,
  { migrations }: DatabaseKind,
  fullCheckBytes = FULL_CHECK_BYTES,
): void {
  if (formatOf(database) !== migrations.length) throw new StorageError('damaged', `${path}: another format`);
  refuseDamage(database, path, fullCheckBytes);
}

function refuseDamage(database: Database, path: string, fullCheckBytes: number): void {
  const problem = statSync(path).size <= fullCheckBytes ? pageProblem(database) : undefined;
  if (problem) throw new StorageError('damaged', `${path}: ${problem}`);
}

function pageProblem(database: Database): string | undefined {
  const answer = database.pragma('quick_check(1)', { simple: true });
  return answer === 'ok' ? undefined : String(answer);
}
