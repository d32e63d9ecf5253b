import { fileStamp } from '../base/file-stamp.js';
import { codeOf } from './disk-failure.js';
import type { Files } from './files.js';

/** More files of one name than this are not set aside within one millisecond. */
const MAX_TRIES = 100;

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
