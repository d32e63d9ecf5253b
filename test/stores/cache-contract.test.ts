import { afterAll, beforeEach } from 'vitest';
import { ManualClock, systemClock } from '../../src/base/clock.js';
import { MemoryCache } from '../../src/stores/memory-cache.js';
import { openWorkerCache } from '../../src/stores/worker-cache.js';
import { cacheStoreContract } from '../contracts/cache-store.js';
import { CacheHome } from './cache-home.js';

const homes: CacheHome[] = [];
let home: CacheHome;
beforeEach(() => {
  home = new CacheHome();
  homes.push(home);
});
afterAll(() => {
  for (const used of homes) used.remove();
});

cacheStoreContract('memory', (maxBytes) => new MemoryCache({ maxBytes, clock: new ManualClock() }));
cacheStoreContract('sqlite, in this thread', (maxBytes) => home.openCache(home.openFile({ maxBytes })));
cacheStoreContract('sqlite', (maxBytes) =>
  openWorkerCache({ path: home.path, maxBytes, clock: systemClock() }),
);
