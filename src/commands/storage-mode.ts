import type { Settings } from '../base/settings/table.js';

/** Ways of keeping state on disk. */
export const STORAGE_MODES = ['sqlite', 'sqlite-files', 'json'] as const;
export type StorageMode = (typeof STORAGE_MODES)[number];

/** File of a namespace where the settings name none. */
const DB_TEMPLATE = 'state.{namespace}.db';

/** Settings of a command that keeps nothing, whatever else is set. */
export const IN_MEMORY = {
  STORAGE_BACKEND: 'memory',
  NAMESPACED_PERSISTENCE: 'false',
  EMBEDDING_CACHE_PERSIST: 'false',
} as const;

/** The settings with state kept in this way, in this folder; templates stay as they are set. */
export function settingsFor(settings: Settings, mode: StorageMode, storageDir: string): Settings {
  return {
    ...settings,
    storageDir,
    storageBackend: mode === 'json' ? 'json' : 'sqlite',
    namespacedPersistence: mode === 'json',
    storageDbTemplate: mode === 'sqlite-files' ? (settings.storageDbTemplate ?? DB_TEMPLATE) : undefined,
  };
}

/** What to set for a server that keeps its state in this way. */
export function environmentFor(settings: Settings, mode: StorageMode): string {
  const values = {
    STORAGE_DIR: settings.storageDir,
    STORAGE_BACKEND: settings.storageBackend,
    ...(mode === 'json' ? { NAMESPACED_PERSISTENCE: 'true' } : {}),
    ...(mode === 'sqlite-files' ? { STORAGE_DB_TEMPLATE: settings.storageDbTemplate } : {}),
  };
  return Object.entries(values)
    .map(([name, value]) => `NEURALCACHE_${name}=${value}`)
    .join(' ');
}
