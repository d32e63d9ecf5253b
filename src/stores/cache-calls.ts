import type { CacheFile } from './cache-file.js';
import type { CachePlace, OwnedEntry } from './cache-queries.js';

/** What the cache's worker is asked. */
export type CacheCall =
  | readonly ['open']
  | readonly ['getMany', namespace: string, keys: readonly string[]]
  | readonly ['put', entries: readonly OwnedEntry[]]
  | readonly ['removeSome', namespace: string | null, prefix: string, place: CachePlace, limit: number]
  | readonly ['erase', namespace: string]
  | readonly ['count', namespace: string]
  | readonly ['close'];

/** What it says besides answers: a file was moved to `newPath`, and why. */
export type CacheReport = readonly ['setAside', newPath: string, why: string];

/** Carries out a call; what it answers can be cloned. Throws `StorageError`. */
export function answerCacheCall(file: CacheFile, call: CacheCall): unknown {
  switch (call[0]) {
    case 'open':
      return file.open();
    case 'getMany':
      return file.getMany(call[1], call[2]);
    case 'put':
      return file.put(call[1]);
    case 'removeSome':
      return file.removeSome(call[1], call[2], call[3], call[4]);
    case 'erase':
      return file.erase(call[1]);
    case 'count':
      return file.count(call[1]);
    case 'close':
      return file.close();
  }
}

/** Bytes of entries that a call carries. */
export function cacheCallLength(call: CacheCall): number {
  if (call[0] !== 'put') return 0;
  return call[1].reduce((sum, { value }) => sum + value.byteLength, 0);
}
