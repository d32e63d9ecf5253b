import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Clock } from './base/clock.js';
import { AppError } from './base/errors.js';
import type { Metrics } from './base/metrics.js';
import { systemRandom } from './base/random.js';
import type { Settings } from './base/settings/table.js';
import type { Sparingly } from './base/sparingly.js';
import { type PairStore, pairPrefix } from './proxy/kept-pairs.js';
import { PairCaches } from './proxy/pair-caches.js';
import type { CacheStore } from './stores/cache-store.js';
import type { ErasedState, Store } from './stores/store.js';
import { CACHE_FILE, openWorkerCache } from './stores/worker-cache.js';

/** Opens the cache on disk, where something is to be kept there. The folder must be owned by this process. */
export function openCache(
  settings: Settings,
  {
    clock,
    logger,
    metrics,
    sparingly,
  }: { clock: Clock; logger: Logger; metrics: Metrics; sparingly: Sparingly },
): CacheStore | undefined {
  if (!settings.embeddingCachePersist && !settings.cachePersist) return undefined;
  return openWorkerCache({
    path: join(settings.storageDir, CACHE_FILE),
    maxBytes: settings.cachePersistMaxBytes,
    clock,
    events: {
      setAside: (newFile, why) =>
        logger.error({ newFile, why }, 'the cache on disk was set aside; it starts empty'),
      failed(operation, error) {
        metrics.storageFailed(`cache ${operation}`);
        const held = sparingly.turn(`cache ${operation}`);
        if (held !== undefined) logger.warn({ err: error, held }, `the cache on disk failed: ${operation}`);
      },
    },
  });
}

/** The pair caches of a program; what they keep beyond it goes to `cache`. */
export function openPairCaches(
  settings: Settings,
  { clock, metrics, cache }: { clock: Clock; metrics: Metrics; cache: PairStore | undefined },
): PairCaches {
  return new PairCaches({
    clock,
    // Not the seeded one: whether a score is fetched anew must not change what is drawn for ranking.
    random: systemRandom,
    store: settings.cachePersist ? cache : undefined,
    events: {
      evicted: (pairs) => metrics.pairsEvicted(pairs),
      used: (namespace, scorer, use) => metrics.pairsUsed(scorer, use, namespace),
    },
  });
}

/** What of the caches is to be forgotten: one of them, or `all`. */
export interface PurgeWish {
  readonly namespace?: string | undefined;
  /** By the name people have for it; its pairs alone. */
  readonly model?: string | undefined;
  readonly all?: true | undefined;
}

/** What purging needs of the program. */
export interface PurgeTools {
  readonly caches: PairCaches;
  readonly cache: CacheStore | undefined;
  /** All namespaces that may hold something of this one (null = of any) in memory. */
  present(namespace: string | null): readonly { readonly caches: { clear(): void } }[];
}

/**
 * Forgets what caches hold, in memory and on disk: of a namespace or of all everything, of a model its pairs. Memory
 * forgets before the disk, so that no call under way is kept there, and after it, for a request may have read back
 * meanwhile what the disk still had. Answers how many pairs memory held at first. Rejects with `AppError` `UNAVAILABLE`
 * where the disk does not let go.
 */
export async function purgeCaches(
  { namespace, model }: PurgeWish,
  { caches, cache, present }: PurgeTools,
): Promise<{ pairs: number }> {
  const forget = (): number => {
    const pairs = caches.forget({ namespace, model });
    if (model === undefined) for (const open of present(namespace ?? null)) open.caches.clear();
    return pairs;
  };
  const pairs = forget();
  try {
    await purgeStored({ namespace, model }, cache);
    forget();
  } catch (cause) {
    const message = 'The cache on disk could not be purged; what memory held is gone. Try again';
    throw new AppError('UNAVAILABLE', message, null, { cause });
  }
  return { pairs };
}

/** The part of a purge that is on disk. */
export async function purgeStored(
  { namespace, model }: PurgeWish,
  cache: Pick<CacheStore, 'drop' | 'purge'> | undefined,
): Promise<void> {
  if (namespace !== undefined) await cache?.drop(namespace);
  else await cache?.purge(model === undefined ? '' : pairPrefix(model));
}

/** The store of a command: whoever drops a namespace there drops what the cache on disk keeps of it too. */
export function droppingCached(store: Store, settings: Settings, clock: Clock): Store {
  const drop = store.drop.bind(store);
  store.drop = async (namespace) => {
    await drop(namespace);
    await purgeCacheFile(settings, { namespace }, clock);
  };
  return store;
}

/** Purges the cache on disk, if there is one. Rejects with `StorageError`. */
export function purgeCacheFile(settings: Settings, wish: PurgeWish, clock: Clock): Promise<void> {
  return usingCacheFile(settings, clock, (cache) => purgeStored(wish, cache));
}

/** Where no cache is in use: erases from the file that an earlier run may have left in a folder that is owned. */
export function leftCache(settings: Settings, clock: Clock): Pick<CacheStore, 'erase' | 'count'> {
  const nothing: ErasedState = { rows: 0, bytes: 0, files: [], left: [] };
  return {
    erase: async (namespace) =>
      (await usingCacheFile(settings, clock, (cache) => cache.erase(namespace))) ?? nothing,
    count: async (namespace) =>
      (await usingCacheFile(settings, clock, (cache) => cache.count(namespace))) ?? 0,
  };
}

/** Undefined where there is no such file. */
async function usingCacheFile<T>(
  { storageDir, cachePersistMaxBytes }: Settings,
  clock: Clock,
  work: (cache: CacheStore) => Promise<T>,
): Promise<T | undefined> {
  const path = join(storageDir, CACHE_FILE);
  if (!existsSync(path)) return undefined;
  const cache = openWorkerCache({ path, maxBytes: cachePersistMaxBytes, clock });
  try {
    return await work(cache);
  } finally {
    await cache.close();
  }
}
