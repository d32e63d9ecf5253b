import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { environmentWith, MAIN } from '../fixtures/server-process.js';

const run = promisify(execFile);

/** What the database itself says, read beside the running server and without its code. */
export interface StoredState {
  /** `ok`, or what SQLite found. */
  readonly integrity: string;
  /** Durable count of feedbacks by namespace. */
  readonly totals: ReadonlyMap<string, number>;
  /** Feedbacks that cells say were applied to them, by namespace: written in the same transactions as the count. */
  readonly inCells: ReadonlyMap<string, number>;
  /** Request ids whose feedback was applied. */
  readonly used: ReadonlySet<string>;
}

/** Reads the shared database of a storage folder; empty where there is none yet. */
export function readStoredState(storageDir: string): StoredState {
  const file = join(storageDir, 'neuralcache.db');
  if (!existsSync(file)) return { integrity: 'ok', totals: new Map(), inCells: new Map(), used: new Set() };
  const database = new Database(file, { readonly: true });
  try {
    return database.transaction(() => readAll(database))();
  } finally {
    database.close();
  }
}

function readAll(database: Database.Database): StoredState {
  const rows = database.prepare<[string], { namespace: string; key: string; value: string }>(
    'SELECT namespace, key, value FROM rows WHERE kind = ?',
  );
  const totals = new Map<string, number>();
  for (const { namespace, key, value } of rows.iterate('meta')) {
    if (key === 'counters') totals.set(namespace, JSON.parse(value).feedback_total);
  }
  const inCells = new Map<string, number>();
  for (const { namespace, value } of rows.iterate('cell')) {
    inCells.set(namespace, (inCells.get(namespace) ?? 0) + JSON.parse(value).feedbacks);
  }
  const used = new Set<string>();
  for (const { key } of rows.iterate('used')) used.add(key);
  return { integrity: String(database.pragma('integrity_check', { simple: true })), totals, inCells, used };
}

/** `feedback_total` of a namespace as the command line tells it; undefined for a namespace it does not know. */
export async function totalByCommand(storageDir: string, namespace: string): Promise<number | undefined> {
  const env = environmentWith({ STORAGE_DIR: storageDir });
  try {
    const { stdout } = await run(process.execPath, [MAIN, 'namespaces', 'stats', namespace, '--json'], {
      env,
      cwd: storageDir,
    });
    return (JSON.parse(stdout) as { feedback_total: number }).feedback_total;
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    if (stderr?.includes(`Namespace not found: ${namespace}`)) return undefined;
    throw error;
  }
}
