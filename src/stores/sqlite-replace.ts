import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { diskFiles, syncFolder } from './files.js';
import { listAside } from './set-aside.js';
import type { Salvage } from './sqlite-content.js';
import {
  COMPANIONS,
  connectFile,
  createFile,
  DRAFT,
  isSalvageUnfinished,
  quarantineFile,
} from './sqlite-file.js';
import { applyLog, inspectLog } from './sqlite-log.js';
import type { RepairedPart } from './upkeep.js';

/** Bytes of the header that say whether there is a log: read and write version. */
const VERSIONS_AT = 18;

/**
 * Puts what can still be read of a damaged database into a new one at `path` and sets the damaged one aside, with its
 * log. The draft is whole before anything moves. A crash before that leaves all as it was; one after it is mended by
 * `finishReplacing`, which is to be called before a file is used. Throws what SQLite and the file system throw, and
 * `StorageError` `newer`: then the damaged file is where it was. Memory: a few pages. Disk: the rows once more, and where
 * there is a log a copy of the file meanwhile.
 */
export function replaceDamaged(path: string, now: number, salvage: Salvage): RepairedPart {
  const draft = `${path}${DRAFT}`;
  const [building, copy] = draftsOf(path);
  removeDrafts(path);
  createFile(building, connectFile, salvage.kind);
  try {
    const kept = fill(building, hasCopyWithLog(path, copy) ? copy : path, salvage);
    renameSync(building, draft);
    syncFolder(dirname(path));
    return { setAside: moveIntoPlace(path, now), kept };
  } finally {
    removeDrafts(path);
  }
}

/** Puts a draft in its place where a crash kept `replaceDamaged` from it, and answers what was done in all. */
export function finishReplacing(
  path: string,
  now: number,
  { count }: Pick<Salvage, 'count'>,
): RepairedPart | undefined {
  if (!isSalvageUnfinished(path)) return undefined;
  const database = connectFile(path + DRAFT, { readonly: true, fileMustExist: true });
  const kept = count(database);
  database.close();
  const setAside = moveIntoPlace(path, now);
  return { setAside: setAside.length > 0 ? setAside : lastSetAside(path), kept };
}

/** Removes what a crash may have left of a replacement that was not whole yet. */
export function removeDrafts(path: string): void {
  for (const draft of draftsOf(path)) removeWithCompanions(draft);
}

/**
 * Removes a database whatever is in it, with all that lies beside it: what was set aside of it, drafts, its log. The
 * database itself goes last, so that after a crash there is something to be found. Answers what was removed. It must be
 * closed. Throws what the file system throws.
 */
export function eraseFile(path: string): string[] {
  const beside = [`${path}${DRAFT}`, `${path}.new`, ...draftsOf(path), path].flatMap((file) =>
    [...COMPANIONS, ''].map((suffix) => file + suffix),
  );
  const found = [...listAside(diskFiles(), [path]), ...beside].filter((file) => existsSync(file));
  for (const file of found) rmSync(file);
  if (found.length > 0) syncFolder(dirname(path));
  return found;
}

function removeWithCompanions(path: string): void {
  for (const suffix of ['', ...COMPANIONS]) rmSync(path + suffix, { force: true });
}

function draftsOf(path: string): [building: string, copy: string] {
  return [`${path}${DRAFT}.new`, `${path}${DRAFT}.copy`];
}

/** The old log must go before the new file comes: SQLite would take it for the new one's. */
function moveIntoPlace(path: string, now: number): string[] {
  const isThere = ['', ...COMPANIONS].some((suffix) => existsSync(path + suffix));
  const setAside = isThere ? [quarantineFile(path, now)] : [];
  syncFolder(dirname(path));
  renameSync(path + DRAFT, path);
  syncFolder(dirname(path));
  return setAside;
}

function lastSetAside(path: string): string[] {
  const isOurs = (name: string) => name.startsWith(`${basename(path)}.damaged-`);
  const names = readdirSync(dirname(path)).filter(isOurs);
  const files = names.filter((name) => !COMPANIONS.some((suffix) => name.endsWith(suffix)));
  return files
    .sort()
    .slice(-1)
    .map((name) => join(dirname(path), name));
}

/** A copy of the database with all of its log that proves itself, which SQLite might not read to its end. */
function hasCopyWithLog(path: string, copy: string): boolean {
  const log = inspectLog(path);
  if (log === undefined || log.frames.length === 0) return false;
  if (existsSync(path)) copyFileSync(path, copy, constants.COPYFILE_FICLONE);
  else writeFileSync(copy, '');
  applyLog(path, log, copy);
  leaveLogMode(copy);
  return true;
}

/** SQLite is not to look for a log of the copy. */
function leaveLogMode(copy: string): void {
  const file = openSync(copy, 'r+');
  const versions = Buffer.alloc(2);
  try {
    readSync(file, versions, 0, 2, VERSIONS_AT);
    if (versions.equals(Buffer.from([2, 2]))) writeSync(file, Buffer.from([1, 1]), 0, 2, VERSIONS_AT);
  } finally {
    closeSync(file);
  }
}

function fill(building: string, source: string, { copy, count }: Salvage): number {
  const database = connectFile(building, { fileMustExist: true });
  try {
    database.pragma('synchronous = FULL');
    database.transaction(() => copy(source, database))();
    return count(database);
  } finally {
    database.close();
  }
}
