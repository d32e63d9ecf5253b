import { join } from 'node:path';
import { DATABASE_FILE, type EngineFiles } from '../../../src/stores/engine-worker-data.js';

/** A way to keep state that survives: how the server is told, and where its files are. */
export interface StorageMode {
  readonly name: EngineFiles['driver'];
  /** Names without prefix. */
  readonly settings: Readonly<Record<string, string>>;
  files(folder: string): EngineFiles;
}

const DB_TEMPLATE = 'state.{namespace}.db';

export const STORAGE_MODES: readonly StorageMode[] = [
  {
    name: 'sqlite',
    settings: { STORAGE_BACKEND: 'sqlite' },
    files: (folder) => ({ driver: 'sqlite', path: join(folder, DATABASE_FILE) }),
  },
  {
    name: 'sqlite-files',
    settings: { STORAGE_BACKEND: 'sqlite', STORAGE_DB_TEMPLATE: DB_TEMPLATE },
    files: () => ({ driver: 'sqlite-files', template: DB_TEMPLATE }),
  },
  {
    name: 'json',
    settings: { STORAGE_BACKEND: 'json' },
    files: () => ({
      driver: 'json',
      templates: {
        narrative: 'narrative.{namespace}.json',
        pheromones: 'pheromones.{namespace}.json',
        index: 'index.{namespace}.json',
      },
    }),
  },
];

export function namespaceName(number: number): string {
  return `tenant-${String(number).padStart(5, '0')}`;
}
