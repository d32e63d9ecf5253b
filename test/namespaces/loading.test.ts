import { describe, expect, it } from 'vitest';
import { Namespace } from '../../src/namespaces/namespace.js';
import type { Row } from '../../src/stores/store.js';
import { TestStore } from '../fixtures/fake-stores.js';
import { documents, TestReranker } from '../fixtures/reranker.js';

const LIST = documents(6);

/** A store with something learned in `one`, which is not open. */
async function learned(): Promise<{ store: TestStore; test: TestReranker }> {
  const store = new TestStore();
  const test = new TestReranker({ store });
  await test.visit('a query', LIST, ['d4'], { times: 3 });
  await test.evict();
  return { store, test };
}

/** Runs `between` each time rows were read, before they are answered. Answers how often that was. */
function afterReading(store: TestStore, between: () => Promise<void> | void): { count: number } {
  const reads = { count: 0 };
  const { load } = store;
  store.load = async (name): Promise<Row[]> => {
    const rows = await load.call(store, name);
    reads.count += 1;
    await between();
    return rows;
  };
  return reads;
}

describe('state that becomes another one while it is read', () => {
  it('is read again before the namespace counts as open', async () => {
    const { store, test } = await learned();
    let made: Namespace | undefined;
    let isDropped = false;
    const reads = afterReading(store, async () => {
      if (isDropped) return;
      isDropped = true;
      await store.drop('one');
      made?.invalidate();
    });
    const namespace = await Namespace.open('one', test.dependencies, (one) => {
      made = one;
    });
    expect(namespace).toBe(made);
    expect([namespace.ready, namespace.memory.size, namespace.figures.counters.feedback_total]).toEqual([
      true,
      0,
      0,
    ]);
    expect(reads.count).toBe(2);
  });

  it('is read so and so often and then left to a later try', async () => {
    const { store, test } = await learned();
    const opened: Namespace[] = [];
    const reads = afterReading(store, () => {
      if (reads.count < 4) opened[0]?.invalidate();
    });
    await Namespace.open('one', test.dependencies, (one) => opened.push(one));
    expect([opened[0]?.ready, reads.count]).toEqual([false, 3]);
    expect(test.events).toContain('one: load failed');
    test.clock.advance(5_000);
    await opened[0]?.flush();
    expect([opened[0]?.ready, opened[0]?.memory.size]).toEqual([true, 1]);
  });
});

describe('the hash key', () => {
  it('is there before what is stored counts as loaded', async () => {
    const { test } = await learned();
    let isInstalled = false;
    let installs = 0;
    const dependencies = {
      ...test.dependencies,
      installHash: () => {
        installs += 1;
        return isInstalled;
      },
    };
    const namespace = await Namespace.open('one', dependencies);
    expect([namespace.ready, namespace.memory.size, installs]).toEqual([false, 0, 1]);
    isInstalled = true;
    test.clock.advance(5_000);
    await namespace.flush();
    expect([namespace.ready, namespace.memory.size, installs]).toEqual([true, 1, 2]);
  });

  it('may change while a request is answered: then it leaves no impression, which nobody could match', async () => {
    const test = new TestReranker();
    const namespace = await test.namespace();
    const { score } = namespace.scorer;
    namespace.scorer.score = async (...request) => {
      const scores = await score.apply(namespace.scorer, request);
      test.hash.replaceKey(new Uint8Array(32).fill(9));
      return scores;
    };
    const { requestId, ids } = await test.ask('a query', LIST);
    expect(ids).toHaveLength(6);
    expect(namespace.impressions.size).toBe(0);
    expect(await test.tell(['d1'], { requestId })).toEqual({ outcome: 'unknown' });
    await test.ask('a query', LIST);
    expect(namespace.impressions.size).toBe(1);
  });
});
