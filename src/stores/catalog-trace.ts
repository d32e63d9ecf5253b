import { existsSync, lstatSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { catalogPath } from './catalog-schema.js';
import { codeOf } from './disk-failure.js';
import { DRAFT } from './sqlite-file.js';

/** Says in `STORAGE_DIR` that its catalog holds something, so that one that is gone does not look like one that never was. */
export const CATALOG_TRACE_FILE = 'neuralcache-catalog.kept';

/** What a start finds of the catalog, before it is opened. */
export interface CatalogTrace {
  /** Whether there is, or was, a catalog; also where nobody can tell. */
  readonly isKnown: boolean;
  /** Whether there was one, of which nothing is left. */
  readonly isGone: boolean;
}

/** Looks at names alone; throws nothing. */
export function lookForCatalog(folder: string): CatalogTrace {
  const path = catalogPath(folder);
  const isThere = [path, `${path}-wal`, path + DRAFT].some(isOrMayBe);
  const isTraced = isOrMayBe(join(folder, CATALOG_TRACE_FILE));
  return { isKnown: isThere || isTraced, isGone: isTraced && !isThere };
}

/** Leaves the trace. A disk that takes nothing now is left alone: the next start, or change, tries again. Whether it is there. */
export function traceCatalog(folder: string): boolean {
  const path = join(folder, CATALOG_TRACE_FILE);
  if (existsSync(path)) return true;
  try {
    writeFileSync(path, '', { mode: 0o600 });
    return true;
  } catch {
    return false;
  }
}

/** False only where it is certain that there is nothing of that name, be it a file or something else. */
function isOrMayBe(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    return codeOf(error) !== 'ENOTDIR';
  }
}
