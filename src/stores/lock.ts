import { accessSync, constants, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3, { type Database } from 'better-sqlite3';
import { makeFolder } from '../base/make-folder.js';
import { codeOf, isSqliteCode, storageError } from './disk-failure.js';
import { identityOf } from './file-identity.js';
import { StorageError } from './store.js';

/** The file that is locked; it stays empty. */
export const LOCK_FILE = 'neuralcache.lock';
/** Names the owner, for the message to others. */
export const OWNER_FILE = 'neuralcache.pid';

/**
 * Makes one process the owner of a storage folder. The lock is SQLite's exclusive lock on an empty file, which the
 * operating system takes back when the process ends in whatever way, so nothing stale can be left behind. It needs a
 * file system with working POSIX locks.
 *
 * Not to be opened by other means within the owning process: closing any other descriptor of the lock file would let
 * the lock go.
 */
export class FolderLock {
  private holder: Database | undefined;
  private identity: string | undefined;

  constructor(
    readonly folder: string,
    private readonly pid = process.pid,
  ) {}

  get isHeld(): boolean {
    return this.holder !== undefined;
  }

  /**
   * Takes the lock, making the folder if need be; does nothing when it is held, unless the lock file was replaced
   * (another volume was mounted). To be called again after a failure. Answers whether it was taken just now.
   * Throws `StorageError`: `locked` with the owner's process id, or `full`, `read-only`, `io` as the disk has it.
   */
  acquire(): boolean {
    const path = join(this.folder, LOCK_FILE);
    if (this.holder && identityOf(path) === this.identity) return false;
    this.letGo();
    try {
      makeFolder(this.folder);
      this.holder = lockFile(path);
      this.identity = identityOf(path);
    } catch (cause) {
      if (isSqliteCode(codeOf(cause), 'SQLITE_BUSY')) throw this.lockedError();
      throw storageError(cause, path);
    }
    this.writeOwner();
    return true;
  }

  /** Gives the folder to others. Does nothing when the lock is not held. */
  release(): void {
    if (!this.holder) return;
    this.tryOnOwnerFile((path) => rmSync(path, { force: true }));
    this.letGo();
  }

  private letGo(): void {
    this.holder?.close();
    this.holder = undefined;
  }

  private lockedError(): StorageError {
    const pid = this.readOwner();
    const owner = pid === undefined ? 'another process' : `process ${pid}`;
    return new StorageError('locked', `${this.folder} is owned by ${owner}`);
  }

  private writeOwner(): void {
    this.tryOnOwnerFile((path) => writeFileSync(path, `${this.pid}\n`));
  }

  /** The owner named in the file if it is alive: after a full disk the file may name an earlier one. */
  private readOwner(): number | undefined {
    const text = this.tryOnOwnerFile((path) => readFileSync(path, 'utf8'));
    const pid = Number.parseInt(text ?? '', 10);
    return pid > 0 && isAlive(pid) ? pid : undefined;
  }

  /** The file only serves a message: a failure to write or read it changes nothing else, so it is passed over. */
  private tryOnOwnerFile<T>(work: (path: string) => T): T | undefined {
    try {
      return work(join(this.folder, OWNER_FILE));
    } catch {
      return undefined;
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return codeOf(cause) === 'EPERM';
  }
}

function lockFile(path: string): Database {
  const database = new BetterSqlite3(path, { timeout: 0 });
  try {
    // On a file that may only be read, SQLite would answer that the lock is ours and not have it.
    accessSync(path, constants.W_OK);
    // Without a journal beside it the lock takes no space, so that it can be had on a full disk.
    database.pragma('journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (cause) {
    database.close();
    throw cause;
  }
}
