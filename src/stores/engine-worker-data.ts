import type { JsonTemplates } from './json-paths.js';
import type { ImpressionBounds } from './store.js';

/** The shared database in `STORAGE_DIR`. */
export const DATABASE_FILE = 'neuralcache.db';

/** Which engine, and where its files are. */
export type EngineFiles =
  | {
      /** One database that all namespaces share. */
      readonly driver: 'sqlite';
      readonly path: string;
      /** Largest the file may grow, in pages of 4096 bytes; default: no bound. */
      readonly maxPages?: number;
    }
  | {
      /** One database for each namespace, by a template as `templatePaths` takes it. */
      readonly driver: 'sqlite-files';
      readonly template: string;
    }
  | {
      /** JSON files for each namespace, by templates alike. */
      readonly driver: 'json';
      readonly templates: JsonTemplates;
    };

/** What the worker is started with; must be cloneable. */
export interface EngineWorkerData {
  readonly files: EngineFiles;
  /** `STORAGE_DIR`; made if it is missing, and owned by this process while the engine is open. */
  readonly folder: string;
  /** `normal`: acknowledged commits survive `kill -9`; `full`: also power loss, one flush to disk a commit. */
  readonly sync: 'normal' | 'full';
  readonly impressions?: ImpressionBounds;
}

/**
 * Where the worker's code is: beside this file once compiled. Run from sources (by a test runner that compiles in
 * memory) it is the compiled one of the last build, for a worker can load nothing else.
 */
export function workerLocation(moduleUrl: string = import.meta.url, worker = 'engine-worker'): URL {
  const folder = moduleUrl.endsWith('.ts') ? '../../dist/stores/' : './';
  return new URL(`${folder}${worker}.js`, moduleUrl);
}
