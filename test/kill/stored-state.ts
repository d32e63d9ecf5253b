import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { openJsonReader } from '../../src/stores/json-reader.js';
import { environmentWith, MAIN } from '../fixtures/server-process.js';

const run = promisify(execFile);

/** What is on the disk, read beside the running server; databases without its code. */
export interface StoredState {
  /** `ok`, or what was found. */
  readonly integrity: string;
  /** Durable count of feedbacks by namespace. */
  readonly totals: ReadonlyMap<string, number>;
  /** Feedbacks that cells say were applied to them, by namespace: written in the same transactions as the count. */
  readonly inCells: ReadonlyMap<string, number>;
  /** Request ids whose feedback was applied. */
  readonly used: ReadonlySet<string>;
}

/** Ways of keeping state whose promise is the same. */
export const MODES = ['sqlite', 'sqlite-files', 'json'] as const;
export type Mode = (typeof MODES)[number];

/** What a server of a mode is started with, besides the folder. */
export const MODE_SETTINGS: Readonly<Record<Mode, Readonly<Record<string, string>>>> = {
  sqlite: {},
  'sqlite-files': { STORAGE_DB_TEMPLATE: 'state.{namespace}.db' },
  json: { NAMESPACED_PERSISTENCE: 'true' },
};
const TEMPLATES = {
  narrative: 'narrative.{namespace}.json',
  pheromones: 'pheromones.{namespace}.json',
  index: 'index.{namespace}.json',
};

/** Reads what is stored; empty where there is nothing yet. Files that were set aside as damaged count as a failure. */
export async function readStoredState(storageDir: string, mode: Mode): Promise<StoredState> {
  const state = { integrity: 'ok', totals: new Map(), inCells: new Map(), used: new Set<string>() };
  if (mode === 'json') await readJson(storageDir, state);
  for (const name of readdirSync(storageDir)) {
    if (name.includes('.damaged-')) state.integrity = `${name} was set aside`;
    const isOurs = mode === 'sqlite' ? name === 'neuralcache.db' : /^state\..*\.db$/.test(name);
    if (mode !== 'json' && isOurs) readDatabase(join(storageDir, name), state);
  }
  return state;
}

interface Collected extends StoredState {
  integrity: string;
  readonly totals: Map<string, number>;
  readonly inCells: Map<string, number>;
  readonly used: Set<string>;
}

function readDatabase(file: string, state: Collected): void {
  const database = new Database(file, { readonly: true });
  try {
    database.transaction(() => {
      const rows = database.prepare<[], StoredRow>('SELECT namespace, kind, key, value FROM rows');
      for (const row of rows.iterate()) take(row, state);
      const integrity = String(database.pragma('integrity_check', { simple: true }));
      if (integrity !== 'ok') state.integrity = `${file}: ${integrity}`;
    })();
  } finally {
    database.close();
  }
}

async function readJson(storageDir: string, state: Collected): Promise<void> {
  const onDamaged = (_: string, path: string) => {
    state.integrity = `${path} is damaged`;
  };
  const reader = openJsonReader({ folder: storageDir, templates: TEMPLATES, onDamaged });
  try {
    for (const namespace of await reader.namespaces()) {
      const { rows } = await reader.scan(namespace, 0, Number.MAX_SAFE_INTEGER);
      for (const row of rows) take({ ...row, namespace }, state);
    }
  } finally {
    await reader.close();
  }
}

interface StoredRow {
  readonly namespace: string;
  readonly kind: string;
  readonly key: string;
  readonly value: string;
}

function take({ namespace, kind, key, value }: StoredRow, state: Collected): void {
  if (kind === 'used') state.used.add(key);
  if (kind === 'meta' && key === 'counters') state.totals.set(namespace, JSON.parse(value).feedback_total);
  if (kind === 'cell')
    state.inCells.set(namespace, (state.inCells.get(namespace) ?? 0) + JSON.parse(value).feedbacks);
}

/** `feedback_total` of a namespace as the command line tells it; undefined for a namespace it does not know. */
export async function totalByCommand(
  storageDir: string,
  mode: Mode,
  namespace: string,
): Promise<number | undefined> {
  const env = environmentWith({ STORAGE_DIR: storageDir, ...MODE_SETTINGS[mode] });
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
