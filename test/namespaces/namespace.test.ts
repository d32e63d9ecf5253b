import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.js';
import { Namespace } from '../../src/namespaces/namespace.js';
import { TestStore } from '../fixtures/fake-stores.js';
import { documents, TestReranker } from '../fixtures/reranker.js';

const LIST = documents(6);

describe('a namespace', () => {
  it('stores nothing until it holds an impression or document frequencies', async () => {
    const test = new TestReranker();
    await (await test.namespace()).flush();
    expect(await test.store.namespaces()).toEqual([]);
    await test.ask('a query', LIST);
    expect(await test.store.namespaces()).toEqual([]);
    await (await test.namespace()).flush();
    expect(await test.store.namespaces()).toEqual(['one']);
  });

  it('writes impressions in commits of 500 at most', async () => {
    const store = new TestStore();
    const test = new TestReranker({ store });
    for (let i = 0; i < 600; i++) await test.ask('a query', LIST);
    await (await test.namespace()).flush(false);
    const impressions = store.commits.map(
      ({ changes }) => changes.filter((change) => 'put' in change && change.put.kind === 'impression').length,
    );
    expect(impressions.filter((count) => count > 0)).toEqual([500, 100]);
    expect((await test.namespace()).impressions.size).toBe(0);
  });

  it('writes at most 256 last-use times at an ordinary flush, all of them when it is left', async () => {
    const test = new TestReranker();
    for (let i = 0; i < 300; i++) await test.visit(`query${i} alone`, LIST, ['d1']);
    test.clock.advance(5000);
    for (let i = 0; i < 300; i++) await test.ask(`query${i} alone`, LIST);
    const late = async () =>
      (await test.rows()).filter(
        ({ key, value }) => key.startsWith('use/') && JSON.parse(value).lastUsedAt === test.clock.now(),
      ).length;
    await (await test.namespace()).flush(false);
    expect(await late()).toBe(256);
    await (await test.namespace()).flush();
    expect(await late()).toBe(300);
  });

  it('runs writes one after the other, also after one that failed', async () => {
    const namespace = await new TestReranker().namespace();
    const order: number[] = [];
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const first = namespace.exclusive(async () => {
      await held;
      order.push(1);
      throw new Error('refused');
    });
    const second = namespace.exclusive(async () => order.push(2));
    release();
    await expect(first).rejects.toThrow('refused');
    await second;
    expect(order).toEqual([1, 2]);
  });

  it('keeps what was sent and not stored out of the store once it is closed', async () => {
    const test = new TestReranker();
    await test.ask('a query', LIST);
    const namespace = await test.namespace();
    await namespace.close('dropped');
    await namespace.flush();
    expect(await test.store.namespaces()).toEqual([]);
    expect(namespace.impressions.bytes).toBe(0);
  });

  it('gives its scorer back where it cannot be opened', async () => {
    let lent = 0;
    const { dependencies } = new TestReranker();
    const opened = Namespace.open('one', {
      ...dependencies,
      async lendScorer(name) {
        lent++;
        return { ...(await dependencies.lendScorer(name)), giveBack: () => void lent-- };
      },
      policiesOf() {
        throw new AppError('UNAVAILABLE', 'not known');
      },
    });
    await expect(opened).rejects.toThrow('not known');
    expect(lent).toBe(0);
  });

  it('lets the store let go of it when it is evicted, and only then', async () => {
    const store = new TestStore();
    for (const reason of ['dropped', 'shutdown', 'idle', 'count'] as const) {
      await (await new TestReranker({ store }).namespace()).close(reason);
      expect(store.released).toHaveLength({ dropped: 0, shutdown: 0, idle: 1, count: 2 }[reason]);
    }
    expect(store.released).toEqual(['one', 'one']);
  });

  it('keeps its state at shutdown even where nothing outlives the process', async () => {
    const test = new TestReranker();
    await test.visit('a query', LIST, ['d1']);
    await (await test.namespace()).close('shutdown');
    expect(test.events).not.toContain('one: dropped');
  });

  it('counts requests and feedbacks durably, and not those that leave no trace', async () => {
    const test = new TestReranker();
    await test.visit('a query', LIST, ['d1'], { times: 3 });
    await test.ask('a query', LIST, { learn: false });
    await test.evict();
    await test.visit('a query', LIST, ['d1']);
    await test.evict();
    const row = (await test.rows()).find(({ key }) => key === 'counters');
    expect(JSON.parse(row?.value ?? '{}')).toMatchObject({ request_total: 4, feedback_total: 4 });
  });

  it('says what its state takes apart from its caches, and trims those without forgetting', async () => {
    const test = new TestReranker();
    const empty = (await test.namespace()).bytes;
    await test.visit('a query', LIST, ['d4'], { times: 3 });
    const namespace = await test.namespace();
    expect(namespace.bytes).toBeGreaterThan(empty);
    const { bytes, cacheBytes } = namespace;
    namespace.trimCaches(1);
    expect(namespace.cacheBytes).toBeLessThan(cacheBytes);
    expect(namespace.bytes).toBe(bytes);
    expect((await test.ask('a query', LIST)).ids[0]).toBe('d4');
  });

  it('forgets what was hashed under another key and is not written', async () => {
    const test = new TestReranker();
    const { requestId } = await test.ask('a query', LIST);
    (await test.namespace()).forgetHashes();
    expect(await test.tell(['d1'], { requestId })).toEqual({ outcome: 'unknown' });
  });

  it('pins the dimension of the first vectors it recorded, also when feedback is being written', async () => {
    const store = new TestStore();
    const test = new TestReranker({ store });
    const { requestId } = await test.ask('a query', LIST);
    const embedded = LIST.map((one) => ({ ...one, embedding: [1, 0] }));
    const { held } = store.stall('commit');
    const writing = test.tell(['d1'], { requestId });
    await held;
    await test.ask('a query', embedded, { queryEmbedding: [1, 0] });
    store.unstall();
    await writing;
    await test.evict();
    expect((await test.namespace()).pinnedDimension).toBe(2);
    await expect(
      test.ask(
        'q',
        LIST.map((one) => ({ ...one, embedding: [1] })),
        { queryEmbedding: [1] },
      ),
    ).rejects.toMatchObject({ detail: [{ loc: ['query_embedding'], type: 'value_error' }] });
  });

  it('writes nothing once it was closed, whoever is still inside: it may have been erased', async () => {
    const test = new TestReranker();
    await test.ask('a query', LIST);
    const namespace = await test.namespace();
    await namespace.flush();
    await namespace.close('dropped');
    const before = await test.rows();
    // The impression is found in the store: it is the write that is refused.
    const feedback = { query: 'a query', selectedIds: ['d1'], success: 1 };
    expect((await test.reranker.feedback('one', feedback)).outcome).toBe('failed');
    await namespace.flush();
    expect(await test.rows()).toEqual(before);
  });

  it('tells what it holds and has counted, written or not', async () => {
    const test = new TestReranker();
    await test.visit('a query', LIST, ['d1']);
    await test.ask('another', LIST);
    const { cells, unwrittenImpressions, counters } = (await test.namespace()).figures;
    expect([cells, unwrittenImpressions, counters.request_total, counters.feedback_total]).toEqual([
      1, 2, 2, 1,
    ]);
  });
});
