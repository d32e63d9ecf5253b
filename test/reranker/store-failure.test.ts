import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { TestStore } from '../fixtures/fake-stores.js';
import { documents, TestReranker } from '../fixtures/reranker.js';

const LIST = documents(6);
const BASE = LIST.map(({ id }) => id);

/** A namespace that learned to put d4 first, over a store that can fail. */
async function learned(namespace = {}) {
  const store = new TestStore();
  const test = new TestReranker({ store, namespace });
  await test.visit('some query', LIST, ['d4'], { times: 3 });
  await (await test.namespace()).flush();
  return { test, store };
}

describe('a store that cannot write', () => {
  it('makes feedback fail, with nothing changed, and ranking go on', async () => {
    const { test, store } = await learned();
    const { requestId } = await test.ask('some query', LIST);
    const before = { rows: await test.rows(), answer: await test.ask('some query', LIST, { learn: false }) };
    store.failing.add('commit');
    expect(await test.tell(['d5'], { requestId })).toEqual({ outcome: 'failed' });
    expect(await test.tell(['d5'], { requestId })).toEqual({ outcome: 'failed' });
    const after = await test.ask('some query', LIST, { learn: false });
    expect(after.results).toEqual(before.answer.results);
    expect(await test.rows()).toEqual(before.rows);
    expect((await test.namespace()).figures.counters.feedback_total).toBe(3);
    expect(test.events.filter((event) => event === 'one: feedback failed')).toHaveLength(2);
  });

  it('lets the same feedback count, once, when it can write again', async () => {
    const { test, store } = await learned();
    const { requestId } = await test.ask('some query', LIST);
    store.failing.add('commit');
    await test.tell(['d5'], { requestId, source: 'ann' });
    store.failing.clear();
    expect(await test.tell(['d5'], { requestId, source: 'ann' })).toEqual({ outcome: 'applied' });
    expect(await test.tell(['d5'], { requestId, source: 'ann' })).toEqual({ outcome: 'duplicate' });
    expect((await test.namespace()).figures.counters.feedback_total).toBe(4);
  });

  it('keeps what is written behind until it can be written', async () => {
    const { test, store } = await learned();
    const namespace = await test.namespace();
    const { requestId } = await test.ask('a new query', LIST);
    test.clock.advance(5000);
    await test.ask('some query', LIST);
    store.failing.add('commit');
    await expect(namespace.flush()).rejects.toMatchObject({ name: 'StorageError', failure: 'full' });
    store.failing.clear();
    await namespace.flush();
    test.crash();
    expect(await test.tell(['d1'], { requestId })).toEqual({ outcome: 'applied' });
    const use = (await test.rows()).find(({ key }) => key.startsWith('use/'));
    expect(JSON.parse(use?.value ?? '{}').lastUsedAt).toBe(test.clock.now());
    const counters = (await test.rows()).find(({ key }) => key === 'counters');
    expect(JSON.parse(counters?.value ?? '{}')).toMatchObject({ feedback_total: 4, request_total: 5 });
  });

  it('keeps last-use times, counters, the dimension and frequencies, each on its own', async () => {
    const { test, store } = await learned();
    const namespace = await test.namespace();
    const embedded = LIST.map((one) => ({ ...one, embedding: [1, 0] }));
    test.clock.advance(5000);
    await test.ask('some query', embedded, { queryEmbedding: [1, 0] });
    for (const kind of ['impression', 'frequencies', 'meta'] as const) {
      store.refused = kind;
      await expect(namespace.flush()).rejects.toMatchObject({ failure: 'io' });
    }
    store.refused = null;
    await namespace.flush();
    const last = store.commits.at(-1)?.changes ?? [];
    const stored = (name: string) => {
      const row = last
        .flatMap((change) => ('put' in change ? [change.put] : []))
        .find(({ key }) => key.startsWith(name));
      return JSON.parse(row?.value ?? '{}');
    };
    expect(stored('use/').lastUsedAt).toBe(test.clock.now());
    expect(stored('counters').request_total).toBe(4);
    expect(stored('state').pinnedDimension).toBe(2);
    const { frequencies } = namespace;
    test.crash();
    expect((await test.namespace()).frequencies.seen(-1)).toBe(frequencies.seen(-1));
  });

  it('writes nothing behind once all is written', async () => {
    const { test, store } = await learned();
    const { length } = store.commits;
    await (await test.namespace()).flush();
    expect(store.commits).toHaveLength(length);
  });
});

describe('a store that cannot look up', () => {
  it('makes feedback fail, by id and by query', async () => {
    const { test, store } = await learned();
    const { requestId } = await test.ask('some query', LIST);
    store.failing.add('get');
    expect(await test.tell(['d5'], { requestId })).toEqual({ outcome: 'failed' });
    store.failing.clear();
    store.failing.add('find');
    expect(await test.tell(['d5'], { query: 'some query' })).toEqual({ outcome: 'failed' });
  });
});

describe('a store that cannot load', () => {
  it('means base order, degraded, and refused feedback; a later try brings everything back', async () => {
    const { test, store } = await learned();
    test.crash();
    store.failing.add('load');
    const { ids, degraded, requestId } = await test.ask('some query', LIST);
    expect([ids, degraded]).toEqual([BASE, ['memory']]);
    expect(await test.tell(['d5'], { requestId })).toEqual({ outcome: 'failed' });
    expect(test.events).toContain('one: load failed');
    store.failing.clear();
    // tried again after a second at the earliest, and never waited for
    await test.ask('some query', LIST);
    expect((await test.namespace()).ready).toBe(false);
    test.clock.advance(1000);
    await test.ask('some query', LIST);
    await nextTurn();
    const back = await test.ask('some query', LIST);
    expect([back.degraded, back.ids[0]]).toEqual([[], 'd4']);
    // what was shown meanwhile can be answered
    expect(await test.tell(['d5'], { requestId })).toEqual({ outcome: 'applied' });
  });

  it('is not written over by what happened meanwhile', async () => {
    const { test, store } = await learned();
    const before = await test.rows();
    test.crash();
    store.failing.add('load');
    await test.ask('another query', LIST);
    await expect((await test.namespace()).flush()).rejects.toMatchObject({ name: 'StorageError' });
    store.failing.clear();
    expect(await test.rows()).toEqual(before);
  });

  it('keeps the dimension that was stored, whatever was sent meanwhile', async () => {
    const { test, store } = await learned();
    const sent = (dimension: number) => {
      const embedding = new Array(dimension).fill(1);
      return test.ask(
        'q',
        LIST.map((one) => ({ ...one, embedding })),
        { queryEmbedding: embedding },
      );
    };
    await sent(3);
    await test.evict();
    store.failing.add('load');
    await sent(4);
    store.failing.clear();
    test.clock.advance(1000);
    await test.ask('q', LIST);
    await nextTurn();
    await expect(sent(4)).rejects.toMatchObject({ code: 'VALIDATION_ERROR' });
    expect((await sent(3)).degraded).toEqual([]);
  });
});

describe('a store that is slow to load', () => {
  it('means base order until it answers, then memory', async () => {
    const { test, store } = await learned({ storageTimeoutMs: 5 });
    test.crash();
    store.stall('load');
    const { ids, degraded } = await test.ask('some query', LIST);
    expect([ids, degraded]).toEqual([BASE, ['memory']]);
    store.unstall();
    await nextTurn();
    const back = await test.ask('some query', LIST);
    expect([back.degraded, back.ids[0]]).toEqual([[], 'd4']);
  });
});
