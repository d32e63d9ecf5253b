import { beforeEach, describe, expect, it } from 'vitest';
import type { StockQuota } from '../../src/namespaces/stock.js';
import { Stocks } from '../../src/namespaces/stocks.js';
import { StorageError } from '../../src/stores/store.js';
import { TestStore } from '../fixtures/fake-stores.js';
import { documents, type TestOptions, TestReranker } from '../fixtures/reranker.js';

const LIST = documents(6);
const RELAXED = { consistency: 'relaxed' } as const;
let store: TestStore;
let quotas: StockQuota[];
beforeEach(() => {
  store = new TestStore();
  quotas = [];
});

const limit = (quota: StockQuota['quota'], value: number, isRefusing = true): void => {
  quotas.push({ pool: 'one', quota, limit: value, isRefusing });
};

async function stored(): Promise<number> {
  const { bytes } = await store.usage('one');
  return Object.values(bytes).reduce((sum, size) => sum + size, 0);
}

function limited(options: TestOptions = {}): TestReranker & { readonly stock: Stocks } {
  const stock = new Stocks({
    quotasOf: (name) => (name.startsWith('one') ? quotas : []),
    names: () => store.namespaces(),
    async measure(name) {
      const { rows, bytes } = await store.usage(name);
      return { cells: rows.cell, storedBytes: Object.values(bytes).reduce((sum, size) => sum + size, 0) };
    },
    onExceeded: () => undefined,
  });
  return Object.assign(new TestReranker({ store, ...options, namespace: { stock } }), { stock });
}

describe('a quota of vectors', () => {
  it.each([
    ['strong', {}],
    ['relaxed', RELAXED],
  ])('refuses %s feedback that adds a cell, before anything changes, and no other', async (_, policies) => {
    limit('max_vectors', 2);
    const test = limited({ policies });
    for (const query of ['first query', 'second query']) await test.visit(query, LIST, ['d4']);
    const { requestId } = await test.ask('third query', LIST);
    const before = await test.rows();
    const message = 'Upsert would exceed vector quota: 2 + 1 > 2';
    expect(await test.tell(['d1'], { requestId })).toEqual({
      outcome: 'quota',
      exceeded: { pool: 'one', quota: 'max_vectors', needed: 3, message },
    });
    expect([await test.rows(), (await test.namespace()).memory.size]).toEqual([before, 2]);
    await test.visit('first query', LIST, ['d4']);
    quotas[0] = { ...quotas[0]!, limit: 3 };
    expect(await test.tell(['d1'], { requestId })).toEqual({ outcome: 'applied' });
    expect((await test.namespace()).figures.counters.feedback_total).toBe(4);
  });

  it('counts what the family holds that is not open', async () => {
    await new TestReranker({ store }).visit('first query', LIST, ['d4'], { namespace: 'one.below' });
    limit('max_vectors', 1);
    const { requestId } = await limited().ask('another', LIST);
    const test = limited();
    const again = await test.ask('another', LIST);
    expect(requestId).not.toBe(again.requestId);
    expect((await test.tell(['d1'], { requestId: again.requestId })).outcome).toBe('quota');
  });

  it('lets a cell take the place of another where there may be no more of them', async () => {
    limit('max_vectors', 2);
    const test = limited({ memory: { cells: 2 } });
    for (const query of ['first query', 'second query', 'third query']) await test.visit(query, LIST, ['d4']);
    expect((await test.namespace()).figures.counters.feedback_total).toBe(3);
  });

  it('gives room back that a failing disk did not take', async () => {
    limit('max_vectors', 1);
    const test = limited();
    const { requestId } = await test.ask('a query', LIST);
    store.failing.add('commit');
    expect((await test.tell(['d1'], { requestId })).outcome).toBe('failed');
    store.failing.clear();
    expect((await test.tell(['d1'], { requestId })).outcome).toBe('applied');
  });
});

describe('a quota of storage', () => {
  it('is never exceeded by feedback, and then nothing is left by queries either', async () => {
    limit('max_storage_bytes', 5000);
    const test = limited();
    let refused = 0;
    for (let n = 0; n < 20; n++) {
      const { requestId } = await test.ask(`query${n} alone`, LIST);
      const { outcome, exceeded } = await test.tell(['d1'], { requestId });
      if (outcome !== 'quota') continue;
      refused++;
      expect(exceeded!.message).toMatch(/^Storage quota exceeded: \d+ \/ 5000 bytes$/);
    }
    expect(refused).toBeGreaterThan(0);
    // What queries leave fills the rest.
    for (let n = 0; n < 50; n++) {
      await test.ask(`another${n} alone`, LIST);
      await (await test.namespace()).maintain();
    }
    const before = await stored();
    expect((await test.namespace()).mayLearn).toBe(false);
    const { requestId, results } = await test.ask('one more', LIST);
    expect(results).toHaveLength(6);
    expect((await test.tell(['d1'], { requestId })).outcome).toBe('unknown');
    await (await test.namespace()).flush();
    expect(await stored()).toBe(before);
    quotas[0] = { ...quotas[0]!, limit: 50_000 };
    expect((await test.namespace()).mayLearn).toBe(true);
  });

  it('holds for one who only ranks, and through changes of the catalog', async () => {
    limit('max_storage_bytes', 5000);
    const test = limited();
    for (let n = 0; n < 60; n++) {
      await test.ask(`query${n} alone`, LIST);
      if (n % 7 === 0) await (await test.namespace()).maintain();
      if (n % 20 === 0) test.stock.reset();
    }
    await (await test.namespace()).maintain();
    const held = await stored();
    expect((await test.namespace()).mayLearn).toBe(false);
    // One answer, and what is counted of words, goes beyond at most.
    expect(held).toBeLessThan(6500);
    const again = limited();
    for (let n = 0; n < 5; n++) await again.ask(`after a restart ${n}`, LIST);
    await (await again.namespace()).flush();
    expect(await stored()).toBe(held);
    expect((await again.namespace()).mayLearn).toBe(false);
  });

  it('only tells where its action is to alert', async () => {
    limit('max_storage_bytes', 1, false);
    const test = limited();
    await test.visit('a query', LIST, ['d1']);
    expect([(await test.namespace()).figures.counters.feedback_total, await stored()]).toEqual([
      1,
      expect.any(Number),
    ]);
  });

  it('refuses feedback that cannot be measured as a failing disk does', async () => {
    limit('max_storage_bytes', 10_000);
    const test = limited();
    const { requestId } = await test.ask('a query', LIST);
    const { usage } = store;
    store.usage = () => Promise.reject(new StorageError('io', 'no'));
    expect((await test.tell(['d1'], { requestId })).outcome).toBe('failed');
    store.usage = usage;
    expect((await test.tell(['d1'], { requestId })).outcome).toBe('applied');
  });
});
