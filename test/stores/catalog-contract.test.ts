import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.js';
import { MemoryCatalog } from '../../src/stores/catalog-memory.js';
import { openWorkerCatalog } from '../../src/stores/worker-catalog.js';
import { append, catalogStoreContract } from '../contracts/catalog-store.js';
import { CatalogHome } from './catalog-home.js';
import { makeFolder } from './sqlite-harness.js';

catalogStoreContract('memory', () => ({ open: async () => new MemoryCatalog(), cleanUp: () => {} }));
catalogStoreContract('sqlite, in this thread', () => {
  const home = new CatalogHome();
  return { open: () => home.openCatalog(), cleanUp: () => home.remove() };
});
catalogStoreContract('sqlite', () => {
  const { folder, remove } = makeFolder();
  return { open: () => openWorkerCatalog({ folder, sync: 'full', clock: systemClock() }), cleanUp: remove };
});

describe('the catalog in memory', () => {
  it('keeps so much of the log, the newest', async () => {
    const catalog = new MemoryCatalog(3);
    for (let seq = 1; seq <= 12; seq += 1) {
      await catalog.commit([append(seq)]);
      const seqs = (await catalog.audit({}, 0, 100)).map((row) => row.seq);
      expect(seqs).toEqual([seq - 2, seq - 1, seq].filter((one) => one > 0));
    }
    expect((await catalog.audit({}, 10, 1)).map((row) => row.seq)).toEqual([11]);
  });
});
