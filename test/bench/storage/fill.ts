import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../src/base/clock.js';
import { createEngine } from '../../../src/stores/create-engine.js';
import type { StoreEngine } from '../../../src/stores/engine.js';
import { diskFiles } from '../../../src/stores/files.js';
import { JsonEngine } from '../../../src/stores/json-engine.js';
import { FolderLock } from '../../../src/stores/lock.js';
import { type Connect, connectFile } from '../../../src/stores/sqlite-file.js';
import { SqliteFiles } from '../../../src/stores/sqlite-files.js';
import type { Row } from '../../../src/stores/store.js';
import { recordMode } from '../../../src/stores/stored-mode.js';
import { templatePaths } from '../../../src/stores/templates.js';
import { namespaceName, type StorageMode } from './modes.js';

const NO_EVENTS = { quarantined: () => {}, replaced: () => {} };

/** Writes so many namespaces with these rows, as a server that was stopped leaves them. `keyFile`: of the sample's hashes. */
export function fillFolder(
  folder: string,
  mode: StorageMode,
  rows: readonly Row[],
  count: number,
  keyFile: string,
): void {
  mkdirSync(folder, { recursive: true });
  copyFileSync(keyFile, join(folder, 'hash.key'));
  const engine = engineFor(folder, mode);
  engine.open();
  const changes = rows.map((row) => ({ put: row }));
  for (let number = 0; number < count; number += 1) {
    const name = namespaceName(number);
    engine.commit(name, changes);
    engine.release(name);
    while (engine.idle()) {}
  }
  engine.close();
  recordMode(folder, mode.files(folder));
}

/** Nobody waits for the disk while the folder is made. */
function engineFor(folder: string, mode: StorageMode): StoreEngine {
  const files = mode.files(folder);
  if (files.driver === 'json') {
    return new JsonEngine({
      folder,
      templates: files.templates,
      clock: systemClock(),
      events: NO_EVENTS,
      files: { ...diskFiles(), sync: () => {}, syncFolder: () => {} },
    });
  }
  if (files.driver === 'sqlite-files') {
    return new SqliteFiles({
      paths: templatePaths(files.template, folder),
      folder,
      lock: new FolderLock(folder),
      clock: systemClock(),
      events: NO_EVENTS,
      connect: connectWithoutWaiting,
    });
  }
  return createEngine({ files, folder, sync: 'normal' }, systemClock(), NO_EVENTS);
}

const connectWithoutWaiting: Connect = (path, options) => {
  const database = connectFile(path, options);
  const pragma = database.pragma.bind(database);
  database.pragma = (source, ...more) =>
    pragma(source.startsWith('synchronous') ? 'synchronous = OFF' : source, ...more);
  return database;
};
