import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { answerCall } from '../../src/stores/engine-calls.js';
import type { SqliteConnectionOptions } from '../../src/stores/sqlite-connection.js';
import { SqliteDatabase } from '../../src/stores/sqlite-database.js';
import type { Change } from '../../src/stores/store.js';
import { type EngineChannel, WorkerStore } from '../../src/stores/worker-store.js';

/** A folder of its own under the system's, and its removal. */
export function makeFolder(): { folder: string; path: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'neuralcache-'));
  return {
    folder,
    path: join(folder, 'neuralcache.sqlite'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The store over a database in this thread: what the worker does, without the worker. */
export async function openInline(options: SqliteConnectionOptions): Promise<WorkerStore> {
  const database = new SqliteDatabase(options);
  const channel: EngineChannel = {
    post: async (call) => structuredClone(answerCall(database, call)),
    stop: async () => {},
  };
  const store = new WorkerStore('sqlite', channel);
  await store.open();
  return store;
}

/** Makes any commit of `failingChange` fail in the database itself. */
export function installFailure(path: string): void {
  if (!existsSync(path)) throw new Error('open the store first');
  const database = new BetterSqlite3(path);
  database.exec(
    `CREATE TRIGGER IF NOT EXISTS fails BEFORE INSERT ON rows WHEN NEW.key = 'fails'
     BEGIN SELECT RAISE(ABORT, 'injected'); END`,
  );
  database.close();
}

export const FAILING_CHANGE: Change = { put: { kind: 'cell', key: 'fails', value: '{}' } };
