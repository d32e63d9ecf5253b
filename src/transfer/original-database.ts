import { copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3, { type Database } from 'better-sqlite3';
import { NotOriginal, type OriginalPart, readNarrative, readPheromone } from './original-part.js';

/** Newest `schema_version` that was ever released. */
const SCHEMA_VERSION = 1;

/** Largest database that is read, with its log. */
const MAX_BYTES = 2 ** 30;

/**
 * Reads the database of the original (its versions 0.2 and 0.3): tables `narrative (vector, dim)` with at most one row,
 * `pheromones (doc_id, value, ts, exposures)`, `metadata (schema_version)`. It works on a copy in the temporary folder,
 * so that not even a log is put away in the folder it came from. Throws `NotOriginal` where it is none.
 */
export function readOriginalDatabase(path: string): OriginalPart {
  const log = `${path}-wal`;
  const [own = 0, logged] = [path, log].map((file) => statSync(file, { throwIfNoEntry: false })?.size);
  if (own + (logged ?? 0) > MAX_BYTES) throw new NotOriginal('is larger than 1 GiB');
  const folder = mkdtempSync(join(tmpdir(), 'neuralcache-original-'));
  try {
    const copy = join(folder, 'original.db');
    copyFileSync(path, copy);
    if (logged !== undefined) copyFileSync(log, `${copy}-wal`);
    return readCopy(copy);
  } catch (cause) {
    const { code } = cause as { code?: unknown };
    if (typeof code !== 'string' || !code.startsWith('SQLITE_')) throw cause;
    throw new NotOriginal('is damaged');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readCopy(path: string): OriginalPart {
  const database = new BetterSqlite3(path, { fileMustExist: true });
  try {
    refuseOthers(database);
    return { narrative: narrativeOf(database), ...pheromonesOf(database) };
  } finally {
    database.close();
  }
}

function refuseOthers(database: Database): void {
  const select = "SELECT name FROM sqlite_master WHERE type = 'table'";
  const tables = new Set(database.prepare(select).pluck().all());
  const hasAll = ['narrative', 'pheromones', 'metadata'].every((table) => tables.has(table));
  if (!hasAll) throw new NotOriginal('is a database without the tables of the original');
  const version = database.prepare("SELECT value FROM metadata WHERE key = 'schema_version'").pluck().get();
  if (Number(version ?? SCHEMA_VERSION) > SCHEMA_VERSION) {
    throw new NotOriginal(`has schema version ${version}; up to ${SCHEMA_VERSION} is known here`);
  }
}

function narrativeOf(database: Database): OriginalPart['narrative'] {
  const text = database.prepare('SELECT vector FROM narrative WHERE id = 1').pluck().get();
  if (text === undefined) return null;
  try {
    return readNarrative(JSON.parse(String(text)));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new NotOriginal('has a narrative that is no list of numbers');
  }
}

function pheromonesOf(database: Database): Pick<OriginalPart, 'pheromones' | 'unreadable'> {
  const pheromones = [];
  let unreadable = 0;
  const select = 'SELECT doc_id, value, ts, exposures FROM pheromones ORDER BY doc_id';
  for (const [id, value, at, exposures] of database.prepare(select).raw().iterate() as Iterable<unknown[]>) {
    const pheromone = readPheromone(id, value, at, exposures);
    if (pheromone === undefined) unreadable += 1;
    else pheromones.push(pheromone);
  }
  return { pheromones, unreadable };
}
