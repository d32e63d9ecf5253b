import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Clock } from './base/clock.js';
import type { Metrics } from './base/metrics.js';
import { SettingsError } from './base/settings/load-settings.js';
import { PREFIX, type Settings } from './base/settings/table.js';
import { impressionBounds } from './compose-options.js';
import { DATABASE_FILE, type EngineFiles, type EngineWorkerData } from './stores/engine-worker-data.js';
import { MemoryStore } from './stores/memory.js';
import { openFilesReader } from './stores/open-reader.js';
import { StorageError, type Store, type StoreReader } from './stores/store.js';
import { overlookedState, recordMode } from './stores/stored-mode.js';
import { checkTemplates, TemplateError } from './stores/templates.js';
import { openWorkerStore, type WorkerStoreOptions } from './stores/worker-store.js';

const SET_ASIDE = 'stored state is damaged; it was set aside and what is whole took its place';
const NOTHING_LEFT =
  'stored state is damaged and nothing of it could be read; it was set aside and state starts empty';
const MISSING =
  'a file of stored state is missing, or older than the others; what they hold was kept, the rest is lost';

/**
 * Opens the store as configured. Rejects with `SettingsError` for templates that cannot be used and for a folder that
 * holds state of another mode, with `StorageError` `locked` or `newer`; a failing disk only degrades the store.
 */
export async function openStore(
  settings: Settings,
  clock: Clock,
  logger: Logger,
  metrics: Metrics,
  onReplaced: (namespace: string | null) => void,
): Promise<Store> {
  const impressions = impressionBounds(settings);
  if (settings.storageBackend === 'memory') return new MemoryStore(impressions);
  return openDurable(settings, {
    ...storedState(settings),
    clock,
    impressions,
    events: {
      replaced: onReplaced,
      quarantined: (namespace, file, newFile, kept) => {
        metrics.stateQuarantined();
        const rows = kept === undefined ? {} : { keptRows: kept };
        const what = { ...(namespace === null ? {} : { namespace }), file, ...rows };
        if (newFile === null) logger.error(what, MISSING);
        else logger.error({ ...what, newFile }, kept === 0 ? NOTHING_LEFT : SET_ASIDE);
      },
    },
  });
}

/** Reads stored state, also while a server owns the folder. Rejects as `openStore` does for another mode. */
export async function openStateReader(settings: Settings): Promise<StoreReader> {
  const { files, folder } = storedState(settings);
  await refuseOtherMode(settings, files);
  return openFilesReader(folder, files);
}

/** Takes ownership of the stored state. Rejects with `StorageError` `locked` where a server has it. */
export async function openStateOwner(settings: Settings, clock: Clock): Promise<Store> {
  const store = await openDurable(settings, { ...storedState(settings), clock });
  const { detail } = store.health();
  if (detail === undefined) return store;
  await store.close();
  throw new StorageError('io', detail);
}

/** Where state is kept, and how. Throws `SettingsError` for templates that cannot be used. */
export function storedState(settings: Settings): EngineWorkerData {
  const { storageDir, storageSync } = settings;
  return { files: storedFiles(settings), folder: storageDir, sync: storageSync };
}

function storedFiles(settings: Settings): EngineFiles {
  const { storageBackend, storageDbTemplate, storageDir } = settings;
  if (storageBackend === 'json') return jsonFiles(settings);
  if (storageDbTemplate === undefined) return { driver: 'sqlite', path: join(storageDir, DATABASE_FILE) };
  refuseTemplates({ STORAGE_DB_TEMPLATE: storageDbTemplate }, storageDir);
  return { driver: 'sqlite-files', template: storageDbTemplate };
}

function jsonFiles(settings: Settings): EngineFiles {
  const { narrativeStoreTemplate, pheromoneStoreTemplate, indexStoreTemplate, storageDir } = settings;
  refuseTemplates(
    {
      NARRATIVE_STORE_TEMPLATE: narrativeStoreTemplate,
      PHEROMONE_STORE_TEMPLATE: pheromoneStoreTemplate,
      INDEX_STORE_TEMPLATE: indexStoreTemplate,
    },
    storageDir,
  );
  const templates = {
    narrative: narrativeStoreTemplate,
    pheromones: pheromoneStoreTemplate,
    index: indexStoreTemplate,
  };
  return { driver: 'json', templates };
}

function refuseTemplates(templates: Readonly<Record<string, string>>, storageDir: string): void {
  try {
    checkTemplates(templates, storageDir);
  } catch (error) {
    if (error instanceof TemplateError) throw new SettingsError([`${PREFIX}${error.message}`]);
    throw error;
  }
}

async function openDurable(settings: Settings, options: WorkerStoreOptions): Promise<Store> {
  const { folder, files } = options;
  await refuseOtherMode(settings, files);
  const store = await openWorkerStore(options);
  try {
    recordMode(folder, files);
  } catch {
    // A disk that takes nothing now: the next start looks for state as this one did.
  }
  return store;
}

/** Where a folder that does not say so may have its state. */
function knownModes(settings: Settings): EngineFiles[] {
  const shared: EngineFiles = { driver: 'sqlite', path: join(settings.storageDir, DATABASE_FILE) };
  try {
    return [shared, jsonFiles(settings)];
  } catch {
    return [shared]; // Templates that cannot be used have led nowhere.
  }
}

/** State that the settings do not lead to would seem to have vanished. */
async function refuseOtherMode(settings: Settings, files: EngineFiles): Promise<void> {
  const { storageDir } = settings;
  const other = await overlookedState(storageDir, files, knownModes(settings));
  if (!other) return;
  const how = other.driver === files.driver ? `${other.driver} by other templates` : other.driver;
  throw new SettingsError([
    `${storageDir} holds state kept as ${how}, and the settings say ${files.driver}: ` +
      `move it with "neuralcache storage migrate --from ${other.driver} --to ${files.driver}", or set what it was kept with`,
  ]);
}
