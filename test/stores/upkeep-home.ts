import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { ManualClock } from '../../src/base/clock.js';
import type { StoreEngine } from '../../src/stores/engine.js';
import { JsonEngine } from '../../src/stores/json-engine.js';
import { JsonUpkeep } from '../../src/stores/json-upkeep.js';
import { FolderLock } from '../../src/stores/lock.js';
import { SqliteDatabase } from '../../src/stores/sqlite-database.js';
import { SqliteFiles } from '../../src/stores/sqlite-files.js';
import { SqliteUpkeep } from '../../src/stores/sqlite-upkeep.js';
import type { Row } from '../../src/stores/store.js';
import { templatePaths } from '../../src/stores/templates.js';
import type { StateUpkeep } from '../../src/stores/upkeep.js';

const TEMPLATES = {
  narrative: 'narrative.{namespace}.json',
  pheromones: 'pheromones.{namespace}.json',
  index: 'index.{namespace}.json',
};
const DB_TEMPLATE = 'state.{namespace}.db';
const events = { quarantined: () => {}, replaced: () => {} };

/** Every storage mode on disk: how its engine and its upkeep are made over a folder. */
export const MODES: Readonly<
  Record<string, { engine(folder: string): StoreEngine; upkeep(folder: string): StateUpkeep }>
> = {
  sqlite: {
    engine: (folder) =>
      new SqliteDatabase({
        path: join(folder, 'neuralcache.db'),
        clock: new ManualClock(),
        lock: new FolderLock(folder),
      }),
    upkeep: (folder) => new SqliteUpkeep(folder, join(folder, 'neuralcache.db'), new ManualClock()),
  },
  'sqlite-files': {
    engine: (folder) =>
      new SqliteFiles({
        folder,
        events,
        paths: templatePaths(DB_TEMPLATE, folder),
        clock: new ManualClock(),
        lock: new FolderLock(folder),
      }),
    upkeep: (folder) => new SqliteUpkeep(folder, templatePaths(DB_TEMPLATE, folder), new ManualClock()),
  },
  json: {
    engine: (folder) =>
      new JsonEngine({
        folder,
        events,
        templates: TEMPLATES,
        clock: new ManualClock(),
        lock: new FolderLock(folder),
      }),
    upkeep: (folder) => new JsonUpkeep(folder, TEMPLATES, new ManualClock()),
  },
};

/** A folder with stored state in one mode. */
export class UpkeepHome {
  readonly folder = mkdtempSync(join(tmpdir(), 'upkeep-'));
  readonly upkeep: StateUpkeep;
  private readonly copies: string[] = [];

  constructor(readonly mode: string) {
    this.upkeep = MODES[mode]!.upkeep(this.folder);
  }

  /** Does some work with the engine open over a folder, which it then leaves. */
  using<T>(work: (engine: StoreEngine) => T, folder = this.folder): T {
    const engine = MODES[this.mode]!.engine(folder);
    engine.open();
    let isWaiting = false;
    try {
      const result = work(engine);
      isWaiting = result instanceof Promise;
      return isWaiting ? ((result as Promise<unknown>).finally(() => engine.close()) as T) : result;
    } finally {
      if (!isWaiting) engine.close();
    }
  }

  /** Every row of every namespace. */
  rows(folder = this.folder): Record<string, readonly Row[]> {
    return this.using(
      (engine) =>
        Object.fromEntries(engine.namespaces().map((name) => [name, engine.scan(name, 0, 1e9).rows])),
      folder,
    );
  }

  /** The folder as it is now, elsewhere: as after the death of the process. */
  copy(): string {
    const copy = mkdtempSync(join(tmpdir(), 'upkeep-'));
    this.copies.push(copy);
    cpSync(this.folder, copy, { recursive: true });
    return copy;
  }

  /** A checksum of every file by name, but for the lock's. */
  files(folder = this.folder): Record<string, string> {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    const paths = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    const kept = paths.filter((path) => !/neuralcache\.(lock|pid)$|-shm$/.test(path));
    return Object.fromEntries(kept.map((path) => [relative(folder, path), checksum(path)]));
  }

  remove(): void {
    for (const folder of [this.folder, ...this.copies]) rmSync(folder, { recursive: true, force: true });
  }
}

function checksum(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
