import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3, { type Database } from 'better-sqlite3';
import { makeFolder } from '../base/make-folder.js';
import { ModelStoreError } from './model-store-error.js';

/** An empty file; no name of a model. */
const LOCK_FILE = '.lock';

/**
 * Does some work while no other process changes the model store. The lock is SQLite's on an empty file, which the
 * operating system takes back however the process ends. The folder is made if need be. Rejects with `ModelStoreError`
 * while another process has it.
 */
export async function withStoreLock<T>(storeDir: string, work: () => Promise<T>): Promise<T> {
  const lock = acquire(storeDir);
  try {
    return await work();
  } finally {
    lock.close();
  }
}

function acquire(storeDir: string): Database {
  const path = join(storeDir, LOCK_FILE);
  let database: Database | undefined;
  try {
    makeFolder(storeDir);
    database = new BetterSqlite3(path, { timeout: 0 });
    // On a file that may only be read, SQLite would answer that the lock is ours and not have it.
    accessSync(path, constants.W_OK);
    // Without a journal beside it the lock takes no space, so that it can be had on a full disk.
    database.pragma('journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (cause) {
    database?.close();
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code === 'SQLITE_BUSY' ? 'another process is changing it' : message;
    throw new ModelStoreError(`cannot change the model store ${storeDir}: ${reason}`, { cause });
  }
}
