import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoreEngine } from '../../src/stores/engine.js';
import { answerCall } from '../../src/stores/engine-calls.js';

import { SqliteDatabase, type SqliteDatabaseOptions } from '../../src/stores/sqlite-database.js';
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
export function openInline(options: SqliteDatabaseOptions): Promise<WorkerStore> {
  return openEngineInline('sqlite', new SqliteDatabase(options));
}

/** The store over any engine in this thread. What can wait is done after every call. */
export async function openEngineInline(name: string, engine: StoreEngine): Promise<WorkerStore> {
  const channel: EngineChannel = {
    post: async (call) => {
      const answer = structuredClone(answerCall(engine, call));
      if (call[0] !== 'close') while (engine.idle());
      return answer;
    },
    stop: async () => {},
  };
  const store = new WorkerStore(name, channel);
  await store.open();
  return store;
}

/** SQLite takes no row without a kind. */
export const FAILING_CHANGE: Change = { put: { kind: null as never, key: 'fails', value: '{}' } };
