import type { ImpressionBounds } from './store.js';

/** What the worker is started with; must be cloneable. */
export interface SqliteWorkerData {
  readonly path: string;
  readonly sync: 'normal' | 'full';
  readonly impressions?: ImpressionBounds;
  readonly maxPages?: number;
  /** Folder that is locked before anything is written; absent = none. */
  readonly lockFolder?: string;
}

/**
 * Where the worker's code is: beside this file once compiled. Run from sources (by a test runner that compiles in
 * memory) it is the compiled one of the last build, for a worker can load nothing else.
 */
export function workerLocation(moduleUrl: string = import.meta.url): URL {
  const folder = moduleUrl.endsWith('.ts') ? '../../dist/stores/' : './';
  return new URL(`${folder}sqlite-worker.js`, moduleUrl);
}
