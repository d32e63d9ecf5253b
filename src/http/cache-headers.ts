import type { CacheControl } from '../base/request-wishes.js';
import type { RerankAnswer } from '../reranker/request.js';

/** The name this cache has in `Cache-Status`. */
const CACHE_NAME = 'NeuralCache';
/** A directive of `Cache-Control`: its name, then perhaps an argument, which may be quoted and hold commas. */
const DIRECTIVE = /([!#$%&'*+.^_`|~\w-]+)(?:[ \t]*=[ \t]*(?:"(?:[^"\\]|\\.)*"|[^,"]*))?/g;

/**
 * Request `Cache-Control` (RFC 9111, 5.2.1): `no-cache`, `no-store`, `only-if-cached`, in any case; all else is ignored.
 * Undefined where none of them is there.
 */
export function readCacheControl(header: string | undefined): CacheControl | undefined {
  if (header === undefined) return undefined;
  const names = new Set([...header.matchAll(DIRECTIVE)].map(([, name]) => name!.toLowerCase()));
  const [noCache, noStore] = [names.has('no-cache'), names.has('no-store')];
  const onlyIfCached = names.has('only-if-cached');
  return noCache || noStore || onlyIfCached ? { noCache, noStore, onlyIfCached } : undefined;
}

/**
 * `Cache-Status` (RFC 9211), and `Age` where anything was remembered, of one answer or of a batch as a whole; a flat list
 * of names and values. `hit` only where nobody was asked; `detail` counts the pairs that were known.
 */
export function cacheHeaders(answers: readonly Pick<RerankAnswer, 'pairs'>[]): string[] {
  const headers = ['Cache-Status', cacheStatus(answers)];
  let ageMs = -1;
  for (const { pairs } of answers) ageMs = Math.max(ageMs, pairs.ageMs ?? -1);
  if (ageMs >= 0) headers.push('Age', String(Math.floor(ageMs / 1000)));
  return headers;
}

function cacheStatus(answers: readonly Pick<RerankAnswer, 'pairs'>[]): string {
  let [hits, misses, stale] = [0, 0, 0];
  let isStored = true;
  let forward: string | undefined;
  for (const { pairs } of answers) {
    hits += pairs.hits;
    misses += pairs.misses;
    stale += pairs.stale;
    isStored &&= pairs.isStored;
    forward ??= pairs.forward;
  }
  const total = hits + misses;
  if (forward === undefined && misses === 0 && total > 0)
    return stale === 0 ? `${CACHE_NAME}; hit` : `${CACHE_NAME}; hit; detail="${stale} stale"`;
  if (total === 0 && forward === undefined) return `${CACHE_NAME}; fwd=bypass`;
  const why = forward ?? (hits === 0 ? 'miss' : 'partial');
  const stored = isStored && misses > 0 ? '; stored' : '';
  return `${CACHE_NAME}; fwd=${why}; detail="${hits}/${total}"${stored}`;
}
