import { closeSync, existsSync, openSync, readSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import BetterSqlite3, { type Database, type Options } from 'better-sqlite3';
import { fileStamp } from '../base/file-stamp.js';
import { syncFolder } from './files.js';
import { inspectLog } from './sqlite-log.js';
import { type DatabaseKind, formatOf, migrate, STATE } from './sqlite-schema.js';
import { StorageError } from './store.js';

/** How connections are made; tests put failing ones in its place. */
export type Connect = (path: string, options: Options) => Database;

export const connectFile: Connect = (path, options) => new BetterSqlite3(path, options);

/** Files that SQLite keeps beside a database. */
export const COMPANIONS = ['-wal', '-shm', '-journal'] as const;
/** Ending of a whole file with the rows that could be read, while the damaged one makes room. */
export const DRAFT = '.salvaged';
const HEADER_BYTES = 100;
/** A format above this one is no later version's: the header is garbled. */
const LAST_FORMAT = 0xffff;
const MAGIC = Buffer.from('SQLite format 3\0', 'latin1');

/**
 * What lies at `path`, told without SQLite, so that nothing is changed. `damaged`: not a database, not ours, with a
 * write-ahead log that SQLite would not read to its end, gone while its log is still there, or not put in its place yet
 * by a repair. An empty file is damaged too: ours are moved into place when they are whole. Throws `StorageError`
 * (`newer`) for one of ours in a format above today's, and what the file system throws.
 */
export function inspectFile(path: string, kind = STATE): 'absent' | 'usable' | 'damaged' {
  const size = sizeOf(path);
  if (isSalvageUnfinished(path)) return 'damaged';
  if (size === undefined) return (sizeOf(`${path}-wal`) ?? 0) > 0 ? 'damaged' : 'absent';
  if (size < HEADER_BYTES) return 'damaged';
  const header = readHeader(path);
  if (!header.subarray(0, MAGIC.length).equals(MAGIC)) return 'damaged';
  if (header.readUInt32BE(68) !== kind.applicationId) return 'damaged';
  const format = header.readUInt32BE(60);
  if (format > LAST_FORMAT) return 'damaged';
  refuseNewer(path, format, kind);
  return inspectLog(path)?.isDamaged ? 'damaged' : 'usable';
}

/** Whether a crash came while a repaired file was about to take its place: see `finishSalvage`. */
export function isSalvageUnfinished(path: string): boolean {
  return existsSync(path + DRAFT);
}

/** Throws `StorageError` (`newer`) for an open database of ours in a format above today's. */
export function refuseNewerDatabase(path: string, database: Database, kind: DatabaseKind): void {
  const isOurs = database.pragma('application_id', { simple: true }) === kind.applicationId;
  const format = formatOf(database);
  if (isOurs && format >= 0 && format <= LAST_FORMAT) refuseNewer(path, format, kind);
}

/** Throws `StorageError` (`newer`) when the format is above today's. */
export function refuseNewer(path: string, format: number, { migrations } = STATE): void {
  if (format <= migrations.length) return;
  const message = `${path} has format ${format}, this version reads up to ${migrations.length}`;
  throw new StorageError('newer', message);
}

/**
 * Creates an empty database of today's format in one step: built under another name, synchronised, moved into place.
 * A crash leaves nothing at `path`; what it leaves beside it is removed by the next try.
 */
export function createFile(path: string, connect: Connect, kind = STATE): void {
  const draft = `${path}.new`;
  for (const suffix of ['', ...COMPANIONS]) rmSync(draft + suffix, { force: true });
  const database = connect(draft, {});
  try {
    database.pragma('synchronous = FULL');
    migrate(database, kind.migrations, kind);
  } finally {
    database.close();
  }
  renameSync(draft, path);
  syncFolder(dirname(path));
}

/**
 * Moves a damaged database out of the way, with what SQLite keeps beside it, and answers its new name:
 * `<path>.damaged-<time>`. Nothing is deleted.
 */
export function quarantineFile(path: string, now: number): string {
  const stamp = fileStamp(now);
  let target = `${path}.damaged-${stamp}`;
  for (let n = 2; existsSync(target) || existsSync(`${target}-wal`); n += 1) {
    target = `${path}.damaged-${stamp}-${n}`;
  }
  moveFile(path, target);
  return target;
}

/** Moves a database that is closed, with what SQLite keeps beside it: that first, for without it it may hold less. */
export function moveFile(path: string, target: string): void {
  for (const suffix of [...COMPANIONS, '']) {
    if (sizeOf(path + suffix) !== undefined) renameSync(path + suffix, target + suffix);
  }
}

/**
 * Throws `StorageError` (`newer`) when a log that was left behind holds a newer format, which the file's header does
 * not show yet. Looks through a connection that changes nothing; what else it meets is left to the opening proper.
 */
export function refuseNewerLog(path: string, connect: Connect, kind: DatabaseKind): void {
  if ((sizeOf(`${path}-wal`) ?? 0) === 0) return;
  let reader: Database | undefined;
  try {
    reader = connect(path, { readonly: true, fileMustExist: true });
    refuseNewer(path, formatOf(reader), kind);
  } catch (cause) {
    if (cause instanceof StorageError) throw cause;
  } finally {
    reader?.close();
  }
}

/**
 * Removes a database that is closed and has no rows, and answers whether it is gone: not while a log is left beside it,
 * without which it may hold rows again. Throws what the file system throws.
 */
export function removeFile(path: string): boolean {
  if (COMPANIONS.some((suffix) => suffix !== '-shm' && (sizeOf(path + suffix) ?? 0) > 0)) return false;
  for (const suffix of ['', ...COMPANIONS]) rmSync(path + suffix, { force: true });
  return true;
}

/** Whether there is a log that was not put away: its process ended without closing, or has not ended. */
export function hasLog(path: string): boolean {
  return (sizeOf(`${path}-wal`) ?? 0) > 0 || (sizeOf(`${path}-journal`) ?? 0) > 0;
}

function sizeOf(path: string): number | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isDirectory()) throw new StorageError('io', `${path} is a folder`);
  return stats?.size;
}

function readHeader(path: string): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  const file = openSync(path, 'r');
  try {
    readSync(file, header, 0, HEADER_BYTES, 0);
  } finally {
    closeSync(file);
  }
  return header;
}
