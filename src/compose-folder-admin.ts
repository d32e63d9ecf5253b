import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from './base/clock.js';
import type { Settings } from './base/settings/table.js';
import { NamespaceCatalog } from './catalog/catalog.js';
import { namesOf } from './compose.js';
import { openCatalog } from './compose-catalog.js';
import { openManagement } from './compose-management.js';
import { openStateOwner, openStateReader, storedState } from './compose-stores.js';
import type { AdminCall } from './management/namespace-admin.js';
import { openCatalogReader } from './stores/catalog-reader.js';
import type { CatalogReader, CatalogStore } from './stores/catalog-store.js';
import { StorageError, type Store, type StoreReader } from './stores/store.js';
import { CACHE_FILE, openWorkerCache } from './stores/worker-cache.js';

/** How commands manage the namespaces of a folder without a server. */
export const folderAdmin = {
  exists: ({ storageDir }: Settings): boolean => existsSync(storageDir),

  async own(settings: Settings) {
    const clock = systemClock();
    const names = namesOf(settings);
    const store = await openStateOwner(settings, clock);
    try {
      const opened = await openCatalog(settings, { clock, names });
      const path = join(settings.storageDir, CACHE_FILE);
      const maxBytes = settings.cachePersistMaxBytes;
      const cache = existsSync(path) ? openWorkerCache({ path, maxBytes, clock }) : undefined;
      const admin = openManagement(settings, { opened, store, cache, names, clock });
      return {
        admin,
        warning: opened.losses?.sentence,
        async close(): Promise<void> {
          await opened.catalog.close();
          await cache?.close();
          await store.close();
        },
      };
    } catch (error) {
      await store.close();
      throw error;
    }
  },

  async read(settings: Settings) {
    const clock = systemClock();
    const names = namesOf(settings);
    const reader = await openStateReader(settings);
    const catalogReader = openCatalogReader(settings.storageDir);
    const close = async (): Promise<void> => {
      await catalogReader.close();
      await reader.close();
    };
    try {
      const store = readOnlyCatalog(catalogReader);
      const maxRegistered = settings.namespacesMaxRegistered;
      const catalog = await NamespaceCatalog.open({ store, clock, names, maxRegistered });
      // What the first load said is the whole truth here: nobody tries again.
      if (!catalog.isLoaded) await catalogReader.load();
      const admin = openManagement(settings, {
        opened: { store, catalog },
        store: readOnlyStore(reader, storedState(settings).files.driver),
        cache: undefined,
        names,
        clock,
      });
      return { admin, close };
    } catch (error) {
      await close();
      throw error;
    }
  },

  readCatalog: (settings: Settings): CatalogReader => openCatalogReader(settings.storageDir),

  async note(
    settings: Settings,
    entries: readonly { readonly action: string; readonly namespace: string; readonly after: object }[],
    call: AdminCall,
  ): Promise<void> {
    const { catalog } = await openCatalog(settings, { clock: systemClock(), names: namesOf(settings) });
    try {
      await catalog.change(call, () => ({ audit: entries, result: undefined }));
    } finally {
      await catalog.close();
    }
  },
};

function readOnly(): never {
  throw new StorageError('read-only', 'The folder is only looked at');
}

function readOnlyCatalog(reader: CatalogReader): CatalogStore {
  return {
    name: 'reader',
    durable: true,
    load: () => reader.load(),
    get: (kind, key) => reader.get(kind, key),
    audit: (filter, after, limit) => reader.audit(filter, after, limit),
    close: () => reader.close(),
    commit: async () => readOnly(),
    sweep: async () => readOnly(),
    compact: async () => readOnly(),
    health: () => ({ status: 'ok' }),
  };
}

/** As much of a store as management looks at. */
function readOnlyStore(reader: StoreReader, driver: string): Store {
  return Object.assign(Object.create(null) as Store, {
    name: driver,
    namespaces: () => reader.namespaces(),
    get: (...args: Parameters<StoreReader['get']>) => reader.get(...args),
    usage: (namespace: string) => reader.usage(namespace),
    erase: async () => readOnly(),
  });
}
