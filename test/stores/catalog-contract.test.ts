import { describe, expect, it } from 'vitest';
import { MemoryCatalog } from '../../src/stores/catalog-memory.js';
import { append, catalogStoreContract } from '../contracts/catalog-store.js';

catalogStoreContract('memory', () => ({ open: async () => new MemoryCatalog(), cleanUp: () => {} }));

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
