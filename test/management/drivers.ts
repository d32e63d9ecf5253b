import { systemClock } from '../../src/base/clock.js';
import { MemoryCatalog } from '../../src/stores/catalog-memory.js';
import type { CatalogStore } from '../../src/stores/catalog-store.js';
import type { Store } from '../../src/stores/store.js';
import { TestStore } from '../fixtures/fake-stores.js';
import { CatalogHome } from '../stores/catalog-home.js';
import { openInline } from '../stores/sqlite-harness.js';

export interface Stores {
  readonly state: Store;
  readonly kept: CatalogStore;
  close(): Promise<void>;
}

async function inMemory(): Promise<Stores> {
  return { state: new TestStore(), kept: new MemoryCatalog(), close: async () => undefined };
}

async function inFiles(): Promise<Stores> {
  const home = new CatalogHome();
  const kept = await home.openCatalog();
  const state = await openInline({ path: `${home.folder}/state.sqlite`, clock: systemClock() });
  return {
    state,
    kept,
    async close() {
      await state.close();
      await kept.close();
      home.remove();
    },
  };
}

/** Stores of both kinds: nothing outlives the process, and files. */
export const DRIVERS: readonly [string, () => Promise<Stores>][] = [
  ['memory', inMemory],
  ['sqlite', inFiles],
];
