import { accessSync, constants, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { StorageError, type StorageFailure } from './store.js';

/** Below this much free space a failed write is put down to a full disk. */
const FULL_BELOW_BYTES = 64 * 1024;

const BY_CODE: Readonly<Record<string, StorageFailure>> = {
  ENOSPC: 'full',
  EDQUOT: 'full',
  EROFS: 'read-only',
  EACCES: 'read-only',
  EPERM: 'read-only',
  SQLITE_FULL: 'full',
  SQLITE_READONLY: 'read-only',
  SQLITE_PERM: 'read-only',
  SQLITE_CORRUPT: 'damaged',
  SQLITE_NOTADB: 'damaged',
};

/** Failures of the disk, not of what one file holds. */
export const OF_THE_DISK: ReadonlySet<StorageFailure> = new Set(['full', 'read-only', 'io']);

const SENTENCES: Readonly<Record<StorageFailure, string>> = {
  full: 'the disk is full',
  'read-only': 'the disk is read-only or the folder may not be written',
  damaged: 'the file is damaged',
  newer: 'the file is of a newer version',
  locked: 'another process owns the folder',
  closed: 'the store is closed',
  io: 'the disk failed',
};

/**
 * The `StorageError` for anything that a file or SQLite call threw. Codes that can mean several things ("unable to open
 * database file", or ENOENT for a folder that cannot be made on a read-only disk) are told apart by a look at the folder
 * of `path`.
 */
export function storageError(cause: unknown, path: string): StorageError {
  if (cause instanceof StorageError) return cause;
  const code = codeOf(cause);
  const failure = failureOf(code, path);
  const words = cause instanceof Error ? cause.message : String(cause);
  return new StorageError(failure, `${SENTENCES[failure]}: ${path} (${code || words})`, { cause });
}

/** What the work answers; what it throws as `StorageError`. */
export function attempting<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw storageError(cause, path);
  }
}

/** `SQLITE_IOERR_WRITE`, `ENOSPC`; empty when there is none. */
export function codeOf(cause: unknown): string {
  const code = (cause as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

/** Whether SQLite's code is this one or one of its refinements, as `SQLITE_IOERR_WRITE` is of `SQLITE_IOERR`. */
export function isSqliteCode(code: string, family: string): boolean {
  return code === family || code.startsWith(`${family}_`);
}

function failureOf(code: string, path: string): StorageFailure {
  if (code === 'SQLITE_READONLY_DBMOVED') return 'io';
  for (const [family, failure] of Object.entries(BY_CODE)) {
    if (isSqliteCode(code, family)) return failure;
  }
  return failureOfFolder(dirname(path));
}

/** What a look at the folder, or the nearest one above it that exists, explains a failure by. */
function failureOfFolder(folder: string): StorageFailure {
  try {
    accessSync(folder, constants.W_OK);
    const { bavail, blocks, bsize } = statfsSync(folder);
    // Without blocks, as /proc, it keeps nothing that could be full.
    return blocks > 0 && bavail * bsize < FULL_BELOW_BYTES ? 'full' : 'io';
  } catch (cause) {
    const parent = dirname(folder);
    if (codeOf(cause) === 'ENOENT' && parent !== folder) return failureOfFolder(parent);
    return BY_CODE[codeOf(cause)] ?? 'io';
  }
}
