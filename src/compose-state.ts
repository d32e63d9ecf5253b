import { systemClock } from './base/clock.js';
import type { KeyedHash } from './base/keyed-hash.js';
import type { Settings } from './base/settings/table.js';
import { openModels, openStateOwner, openStateReader, storedState } from './compose-drivers.js';
import { carryHashKey } from './stores/hash-key.js';
import { InstalledHashKey } from './stores/installed-hash-key.js';
import { JsonUpkeep } from './stores/json-upkeep.js';
import { FolderLock } from './stores/lock.js';
import { SqliteUpkeep } from './stores/sqlite-upkeep.js';
import type { Store } from './stores/store.js';
import { templatePaths } from './stores/templates.js';
import type { StateUpkeep } from './stores/upkeep.js';

/** What commands need of stored state. */
export const stateForCommands = {
  openReader: openStateReader,
  openOwner: (settings: Settings): Promise<Store> => openStateOwner(settings, systemClock()),
  identify,
  openUpkeep,
  lockFolder,
  carryHashKey,
};

/** What new state is written by: the encoder, and the hash key, which is made where there is none. */
async function identify(
  settings: Settings,
): Promise<{ encoder: { name: string; id: string; dimension: number }; hash: KeyedHash }> {
  const { encoder } = openModels(settings);
  const { name, version, dimension } = encoder;
  await encoder.close();
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

/** Takes ownership of the storage folder without opening what is in it. Throws `StorageError` `locked`. */
function lockFolder({ storageDir }: Settings): FolderLock {
  const lock = new FolderLock(storageDir);
  lock.acquire();
  return lock;
}
