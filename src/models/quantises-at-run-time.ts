import { closeSync, openSync, readSync } from 'node:fs';

const MARK = Buffer.from('DynamicQuantize');
const CHUNK_BYTES = 1024 * 1024;

/**
 * Whether a graph quantises what it computes while it runs, by scales of the whole batch: operations' names stand in the
 * file as they are. (Were the name elsewhere in it, texts would needlessly run alone.) Some 0.3 ms a megabyte.
 */
export function quantisesAtRunTime(location: string): boolean {
  const buffer = Buffer.alloc(MARK.length + CHUNK_BYTES);
  const file = openSync(location, 'r');
  try {
    // The end of each chunk is looked at again with the next: a name may lie across.
    for (let kept = 0; ; ) {
      const count = readSync(file, buffer, kept, CHUNK_BYTES, null);
      if (count === 0) return false;
      const filled = buffer.subarray(0, kept + count);
      if (filled.includes(MARK)) return true;
      kept = Math.min(filled.length, MARK.length);
      buffer.copy(buffer, 0, filled.length - kept, filled.length);
    }
  } finally {
    closeSync(file);
  }
}
