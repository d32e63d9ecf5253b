import { basename, dirname, join } from 'node:path';
import { fileStamp } from '../base/file-stamp.js';
import { codeOf } from './disk-failure.js';
import type { Files } from './files.js';

/** More files of one name than this are not set aside within one millisecond. */
const MAX_TRIES = 100;
/** What follows the path of a file that was set aside, with what SQLite keeps beside one. No namespace's file ends so. */
const ASIDE = /^\.damaged-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z(-\d+)?(-wal|-shm|-journal)?$/;

/**
 * Keeps what a damaged file holds under a second name, `<path>.damaged-<time>`, and answers it. The file itself stays,
 * to be replaced by a whole one, so that nothing is lost if that does not come about.
 */
export function setAside(files: Files, path: string, now: number): string {
  const stamp = fileStamp(now);
  for (let n = 1; ; n += 1) {
    const target = `${path}.damaged-${stamp}${n === 1 ? '' : `-${n}`}`;
    try {
      files.link(path, target);
      return target;
    } catch (cause) {
      if (codeOf(cause) !== 'EEXIST' || n >= MAX_TRIES) throw cause;
    }
  }
}

/**
 * What lies in `STORAGE_DIR` and may hold something of any namespace: damaged records, a damaged catalog, state of
 * another mode that made room.
 */
const SHARED = /^(records\.damaged-.*\.ndjson|neuralcache-catalog\.db\.damaged-.*|migrated-from-.*)$/;

/** Files and folders of that kind; sorted. Throws what the file system throws. */
export function listShared(files: Pick<Files, 'list'>, folder: string): string[] {
  const found = files.list(folder).filter((entry) => SHARED.test(entry));
  return found.map((entry) => join(folder, entry)).sort();
}

/** What was set aside of files at these paths; sorted. Throws what the file system throws. */
export function listAside(files: Pick<Files, 'list'>, paths: readonly string[]): string[] {
  const found = paths.flatMap((path) => {
    const name = basename(path);
    const entries = files.list(dirname(path));
    const aside = entries.filter((entry) => entry.startsWith(name) && ASIDE.test(entry.slice(name.length)));
    return aside.map((entry) => join(dirname(path), entry));
  });
  return found.sort();
}
