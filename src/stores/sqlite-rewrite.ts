import type { Database } from 'better-sqlite3';
import { StorageError } from './store.js';

/**
 * Rewrites a database so that it holds nothing but what is in it: no byte of what was removed or overwritten earlier is
 * left in the file or its log. Needs room for the file once more, and twice that while it lasts; costs as much as the
 * file is large (10 to 15 ms a MB). Throws what SQLite throws, and `StorageError` `io` where a reader in another
 * process keeps the log from being put away: to be tried again.
 */
export function rewrite(database: Database): void {
  // What is in the log already need not be there twice.
  database.pragma('wal_checkpoint(PASSIVE)');
  database.exec('VACUUM');
  const [{ busy }] = database.pragma('wal_checkpoint(TRUNCATE)') as [{ busy: number }];
  if (busy !== 0) throw new StorageError('io', `${database.name}: a reader keeps its log; to be tried again`);
}
