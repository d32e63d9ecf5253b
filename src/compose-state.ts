import { systemClock } from './base/clock.js';
import type { KeyedHash } from './base/keyed-hash.js';
import type { Settings } from './base/settings/table.js';
import { loadContents } from './catalog/load-contents.js';
import { droppingCached, type PurgeWish, purgeCacheFile } from './compose-cache.js';
import { openModels } from './compose-models.js';
import { openStateOwner, openStateReader, storedState } from './compose-stores.js';
import { carryCatalog } from './stores/carry-catalog.js';
import { openCatalogReader } from './stores/catalog-reader.js';
import { carryHashKey } from './stores/hash-key.js';
import { InstalledHashKey } from './stores/installed-hash-key.js';
import { JoinedUpkeep } from './stores/joined-upkeep.js';
import { JsonUpkeep } from './stores/json-upkeep.js';
import { FolderLock } from './stores/lock.js';
import { openFilesReader } from './stores/open-reader.js';
import { catalogUpkeep, SqliteUpkeep } from './stores/sqlite-upkeep.js';
import { StorageError, type Store } from './stores/store.js';
import { isRecorded, recordMode } from './stores/stored-mode.js';
import { templatePaths } from './stores/templates.js';
import type { StateUpkeep } from './stores/upkeep.js';
import { openWorkerStore } from './stores/worker-store.js';

/** What commands need of stored state. */
export const stateForCommands = {
  openReader: openStateReader,
  async openOwner(settings: Settings): Promise<Store> {
    const clock = systemClock();
    return droppingCached(await openStateOwner(settings, clock), settings, clock);
  },
  openMigration,
  identify,
  openUpkeep,
  openAllUpkeep: (settings: Settings): StateUpkeep =>
    new JoinedUpkeep([catalogUpkeep(settings.storageDir, systemClock()), openUpkeep(settings)]),
  catalogProblems,
  lockFolder,
  purgeCaches: (settings: Settings, wish: PurgeWish) => purgeCacheFile(settings, wish, systemClock()),
  carryHashKey,
  carryCatalog: (from: string, to: string, replace: boolean) =>
    carryCatalog(from, to, { clock: systemClock(), replace }),
  recordMode(settings: Settings): void {
    const { files, folder } = storedState(settings);
    recordMode(folder, files);
  },
  isRecorded(settings: Settings): boolean {
    const { files, folder } = storedState(settings);
    return isRecorded(folder, files);
  },
};

/** State on its way from one mode to another: within one folder there may be both, and `finish` says which counts. */
async function openMigration(from: Settings, to: Settings) {
  const [old, wanted] = [storedState(from), storedState(to)];
  const target: Store = await openWorkerStore({ ...wanted, clock: systemClock() });
  const { detail } = target.health();
  if (detail !== undefined) {
    await target.close();
    throw new StorageError('io', detail);
  }
  const source = openFilesReader(old.folder, old.files);
  const written = openFilesReader(wanted.folder, wanted.files);
  return {
    source,
    target,
    written,
    finish: () => recordMode(wanted.folder, wanted.files),
    async close(): Promise<void> {
      await source.close();
      await written.close();
      await target.close();
    },
  };
}

/** What new state is written by: the encoder, and the hash key, which is made where there is none. */
async function identify(
  settings: Settings,
): Promise<{ encoder: { name: string; id: string; dimension: number }; hash: KeyedHash }> {
  const models = await openModels(settings, { clock: systemClock() });
  const { name, version, dimension } = models.keyEncoder;
  await models.close();
  const { hash } = new InstalledHashKey({ key: settings.storageHashKey, folder: settings.storageDir });
  return { encoder: { name, id: `${name}@${version}`, dimension }, hash };
}

/** The files of the stored state. */
function openUpkeep(settings: Settings): StateUpkeep {
  const { files, folder } = storedState(settings);
  switch (files.driver) {
    case 'sqlite':
      return new SqliteUpkeep(folder, files.path, systemClock());
    case 'sqlite-files':
      return new SqliteUpkeep(folder, templatePaths(files.template, folder), systemClock());
    case 'json':
      return new JsonUpkeep(folder, files.templates, systemClock());
  }
}

async function catalogProblems({ storageDir }: Settings): Promise<readonly string[]> {
  const reader = openCatalogReader(storageDir);
  try {
    return loadContents(await reader.load()).problems;
  } catch (error) {
    if (error instanceof StorageError && (error.failure === 'damaged' || error.failure === 'newer'))
      return [];
    throw error;
  } finally {
    await reader.close();
  }
}

/** Takes ownership of the storage folder without opening what is in it. Throws `StorageError` `locked`. */
function lockFolder({ storageDir }: Settings): FolderLock {
  const lock = new FolderLock(storageDir);
  lock.acquire();
  return lock;
}
