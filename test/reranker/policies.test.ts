import { describe, expect, it } from 'vitest';
import { ModelError } from '../../src/base/model-call.js';
import type { Scorer } from '../../src/scorers/scorer.js';
import { FakeScorer } from '../fixtures/fake-scorer.js';
import { documents, TestReranker } from '../fixtures/reranker.js';
import { newScorer } from '../fixtures/scoring.js';

const LIST = documents(6);
const TEXTS = LIST.map(({ id, text }) => ({ id: id!, text }));
const OFF = { cacheEnabled: false } as const;

describe('a namespace without caches', () => {
  it('ranks as others do, and holds nothing of it afterwards', async () => {
    const scorer = () => newScorer('hybrid');
    const off = new TestReranker({ scorer: scorer(), policies: OFF });
    const on = new TestReranker({ scorer: scorer() });
    for (const test of [on, off]) await test.visit('text4 of4', TEXTS, ['d2'], { times: 2 });
    const [left, right] = [await off.ask('text4 of4', TEXTS), await on.ask('text4 of4', TEXTS)];
    expect(left.results.map(({ score, components }) => [score, components])).toEqual(
      right.results.map(({ score, components }) => [score, components]),
    );
    expect([left.pairs.hits, right.pairs.hits]).toEqual([0, 6]);
    const { texts, queries } = await off.namespace();
    expect([texts.hits, texts.bytes, queries.bytes]).toEqual([0, 0, 0]);
    expect((await on.namespace()).texts.bytes).toBeGreaterThan(0);
  });

  it('says that nothing was looked up, and nothing kept', async () => {
    const test = new TestReranker({ policies: OFF });
    for (let n = 0; n < 2; n++) {
      const { pairs } = await test.ask('a query', LIST);
      expect([pairs.hits, pairs.forward, pairs.isStored]).toEqual([0, 'bypass', false]);
    }
  });

  it('asks its scorer as if every request said no-store', async () => {
    const asked: unknown[] = [];
    class Asked extends FakeScorer {
      override open(...call: Parameters<Scorer['open']>) {
        const opened = super.open(...call);
        const { score } = opened;
        opened.score = async (request) => {
          asked.push(request.cacheControl);
          return score(request);
        };
        return opened;
      }
    }
    const test = new TestReranker({ scorer: new Asked(), policies: OFF });
    await test.ask('a query', LIST, { cacheControl: { noCache: true } });
    test.policies.set('one', {});
    await test.ask('a query', LIST);
    expect(asked).toEqual([{ noCache: true, noStore: true }, undefined]);
  });

  it('forgets what it had when they are turned off, and begins anew when they are turned on', async () => {
    const test = new TestReranker({ scorer: newScorer('hybrid') });
    for (let n = 0; n < 2; n++) await test.ask('text4 of4', TEXTS);
    const namespace = await test.namespace();
    const { texts, caches } = namespace;
    expect(caches.bytes).toBeGreaterThan(0);
    test.policies.set('one', OFF);
    namespace.adoptPolicies();
    expect([caches.bytes, texts.size, namespace.cacheBytes]).toEqual([0, 0, 0]);
    await test.ask('text4 of4', TEXTS);
    expect([caches.bytes, namespace.texts.size]).toEqual([0, 0]);
    test.policies.set('one', {});
    for (let n = 0; n < 2; n++) await test.ask('text4 of4', TEXTS);
    expect(namespace.texts).toBe(texts);
    expect(namespace.texts.size).toBe(6);
  });
});

describe('weights of a namespace', () => {
  it('stand in place of those of the settings, one by one', async () => {
    const run = async (weights: object, settings: object) => {
      const test = new TestReranker({ policies: { weights }, settings });
      await test.visit('a query', LIST, ['d4'], { times: 3 });
      const { results, ids } = await test.ask('a query', LIST, { learn: false });
      return [ids, results.map(({ components }) => components)];
    };
    const own = await run({ weightPheromone: 0, weightDense: 2 }, {});
    expect(own).toEqual(await run({}, { weightPheromone: 0, weightDense: 2 }));
    expect(own).not.toEqual(await run({}, {}));
    expect(own).not.toEqual(await run({ weightPheromone: 0 }, {}));
  });

  it('are of this namespace alone', async () => {
    const test = new TestReranker();
    test.policies.set('two', { weights: { weightNarrative: 0, weightPheromone: 0 } });
    for (const namespace of ['one', 'two'])
      await test.visit('a query', LIST, ['d4'], { times: 3, namespace });
    expect((await test.ask('a query', LIST)).ids[0]).toBe('d4');
    expect((await test.ask('a query', LIST, { namespace: 'two' })).ids[0]).toBe('d0');
  });
});

describe('a namespace with another scorer', () => {
  it('waits for it as long as it may take', async () => {
    const scorer = new FakeScorer();
    const open = scorer.open.bind(scorer);
    scorer.open = (context) => ({
      ...open(context),
      score: ({ signal }) =>
        new Promise((_, reject) =>
          signal!().addEventListener('abort', () => reject(new ModelError('late', 'too late'))),
        ),
    });
    const lendScorer = () => ({ scorer, waitMs: 1, isCurrent: () => true, giveBack: () => undefined });
    const test = new TestReranker({ namespace: { lendScorer } });
    await expect(test.ask('a query', LIST)).rejects.toThrow('too late');
  });

  it('gives it back when it is closed, and cannot be opened where there is none', async () => {
    const scorer = new FakeScorer();
    let lent = 0;
    const lendScorer = async () => {
      if (lent > 0) throw new Error('no more');
      lent++;
      return { scorer, isCurrent: () => true, giveBack: () => void lent-- };
    };
    const test = new TestReranker({ namespace: { lendScorer } });
    await test.ask('a query', LIST);
    await expect(test.ask('a query', LIST, { namespace: 'two' })).rejects.toThrow('no more');
    await test.evict();
    expect(lent).toBe(0);
  });
});
