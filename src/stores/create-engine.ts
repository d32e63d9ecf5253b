import type { Clock } from '../base/clock.js';
import type { EngineEvents, StoreEngine } from './engine.js';
import type { EngineWorkerData } from './engine-worker-data.js';
import { JsonEngine } from './json-engine.js';
import { FolderLock } from './lock.js';
import { SqliteDatabase } from './sqlite-database.js';
import { SqliteFiles } from './sqlite-files.js';
import { templatePaths } from './templates.js';

/** The engine as asked for; it opens, and takes the lock of its folder, at `open`. */
export function createEngine(
  { files, folder, ...options }: EngineWorkerData,
  clock: Clock,
  events: EngineEvents,
): StoreEngine {
  const lock = new FolderLock(folder);
  switch (files.driver) {
    case 'sqlite':
      return new SqliteDatabase({
        ...options,
        ...files,
        clock,
        lock,
        onQuarantined: (path, newPath, kept) => events.quarantined(null, path, newPath, kept),
        onReplaced: () => events.replaced(null),
      });
    case 'sqlite-files':
      return new SqliteFiles({
        ...options,
        paths: templatePaths(files.template, folder),
        folder,
        lock,
        clock,
        events,
      });
    case 'json':
      return new JsonEngine({ ...options, templates: files.templates, folder, lock, clock, events });
  }
}
