import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Clock } from './base/clock.js';
import type { Metrics } from './base/metrics.js';
import type { Settings } from './base/settings/table.js';
import type { Sparingly } from './base/sparingly.js';
import type { CacheStore } from './stores/cache-store.js';
import type { Store } from './stores/store.js';
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
  if (!settings.embeddingCachePersist) return undefined;
  return openWorkerCache({
    path: join(settings.storageDir, CACHE_FILE),
    maxBytes: settings.embeddingCacheMaxBytes,
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

/** Removes what the cache on disk keeps of a namespace; nothing where there is no such file. The folder must be owned. */
export async function dropCached(
  { storageDir, embeddingCacheMaxBytes }: Settings,
  namespace: string,
  clock: Clock,
): Promise<void> {
  const path = join(storageDir, CACHE_FILE);
  if (!existsSync(path)) return;
  const cache = openWorkerCache({ path, maxBytes: embeddingCacheMaxBytes, clock });
  try {
    await cache.drop(namespace);
  } finally {
    await cache.close();
  }
}

/** The store of a command: what is dropped there goes from the cache on disk too. */
export function droppingCached(store: Store, settings: Settings, clock: Clock): Store {
  const drop = store.drop.bind(store);
  store.drop = async (namespace) => {
    await drop(namespace);
    await dropCached(settings, namespace, clock);
  };
  return store;
}
