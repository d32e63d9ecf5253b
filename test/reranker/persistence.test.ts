import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyedHash } from '../../src/base/keyed-hash.js';
import type { NamespaceDependencies } from '../../src/namespaces/namespace-dependencies.js';
import type { Scorer } from '../../src/scorers/scorer.js';
import { MemoryStore } from '../../src/stores/memory.js';
import type { Row } from '../../src/stores/store.js';
import { FakeEncoder } from '../fixtures/fake-encoder.js';
import { FakeScorer } from '../fixtures/fake-scorer.js';
import { documents, TestReranker } from '../fixtures/reranker.js';

const LIST = documents(6);
const QUERIES = ['some query', 'query some', 'some other query', 'nothing alike', 'a query 7'];

/** What every query is answered, in full. */
async function answers(test: TestReranker) {
  const found = [];
  for (const query of QUERIES) {
    const { results, debug } = await test.ask(query, LIST, { learn: false, explain: true });
    found.push({ results, debug });
  }
  return found;
}

async function learned(store?: MemoryStore) {
  const test = new TestReranker(store && { store });
  await test.visit('some query', LIST, ['d4'], { times: 3 });
  await test.visit('query some', LIST, ['d3'], { times: 2 });
  return test;
}

/** The same store under new code or settings, as after a restart. */
function restarted(
  test: TestReranker,
  { scorer, ...namespace }: Partial<NamespaceDependencies> & { scorer?: Scorer } = {},
) {
  return new TestReranker({ store: test.store, clock: test.clock, namespace, ...(scorer && { scorer }) });
}

describe('property 16: save and load', () => {
  it('gives the same answers bit for bit after eviction, crash and restart, whatever was learned', async () => {
    const visit = fc.record({
      query: fc.constantFrom(...QUERIES),
      selected: fc.subarray(LIST.map(({ id }) => id as string)),
      afterMs: fc.nat(1e9),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(visit, { maxLength: 12 }), async (visits) => {
        const test = new TestReranker();
        for (const { query, selected, afterMs } of visits) {
          test.clock.advance(afterMs);
          await test.visit(query, LIST, selected);
        }
        await (await test.namespace()).flush();
        const before = await answers(test);
        test.crash();
        expect(await answers(test)).toEqual(before);
        await test.evict();
        expect(await answers(test)).toEqual(before);
        expect(await answers(restarted(test))).toEqual(before);
      }),
      { numRuns: 25 },
    );
  });

  it('keeps acknowledged feedback across a crash without a flush', async () => {
    const test = await learned();
    test.crash();
    expect((await test.ask('some query', LIST)).ids[0]).toBe('d4');
    expect((await test.namespace()).figures.counters.feedback_total).toBe(5);
  });

  it('finds the impressions of before an eviction, not those a crash lost', async () => {
    const test = new TestReranker();
    const { requestId: kept } = await test.ask('some query', LIST);
    await test.evict();
    const { requestId: lost } = await test.ask('some query', LIST);
    test.crash();
    expect(await test.tell(['d1'], { requestId: kept })).toEqual({ outcome: 'applied' });
    expect(await test.tell(['d1'], { requestId: lost })).toEqual({ outcome: 'unknown' });
  });

  it('drops state at eviction, and says so, where nothing keeps it', async () => {
    const test = await learned(new MemoryStore());
    await test.evict();
    expect((await test.ask('some query', LIST)).adapted).toBe(false);
    expect(test.events).toContain('one: dropped');
  });
});

describe('property 16: damaged state', () => {
  it.each(['cell', 'document', 'meta'] as const)(
    'of kind %s is left out and counted; the rest works',
    async (kind) => {
      const test = await learned();
      test.crash();
      const rows = (await test.rows()).filter((row) => row.kind === kind);
      expect(rows.length).toBeGreaterThan(0);
      const damage = (row: Row) => ({ put: { ...row, value: row.value.slice(1, 30) } });
      await test.store.commit('one', rows.map(damage));
      const { ids, adapted, degraded } = await test.ask('some query', LIST);
      expect(test.events).toContain(`one: ${rows.length} damaged`);
      expect(degraded).toEqual([]);
      if (kind === 'cell') expect([adapted, ids]).toEqual([false, LIST.map(({ id }) => id)]);
      else expect(ids[0]).toBe('d4');
      await test.visit('some query', LIST, ['d2']);
      expect((await test.namespace()).figures.counters.feedback_total).toBe(kind === 'meta' ? 1 : 6);
    },
  );

  it('in an impression makes its request unknown', async () => {
    const test = new TestReranker();
    const { requestId } = await test.ask('some query', LIST);
    await test.evict();
    const row = await test.store.get('one', 'impression', requestId);
    await test.store.commit('one', [{ put: { ...(row as Row), value: '{"format":1}' } }]);
    expect(await test.tell(['d1'], { requestId })).toEqual({ outcome: 'unknown' });
    expect(test.events).toContain('one: 1 damaged');
  });
});

describe('after a change of', () => {
  it('scorer: S, W and β are kept, the trust windows are empty', async () => {
    const test = new TestReranker();
    for (let i = 0; i < 240; i++) {
      const pair = documents(3).map((one) => ({ ...one, id: `${one.id} ${i % 7}` }));
      await test.visit(`query${i} alone`, pair, [`d2 ${i % 7}`]);
    }
    const before = (await test.namespace()).memory;
    expect(before.trust.pheromone).toBeGreaterThan(0);
    const again = (await restarted(test).namespace()).memory;
    expect([again.trust, again.beta]).toEqual([before.trust, before.beta]);
    const changed = (await restarted(test, { scorer: new FakeScorer('fake@2') }).namespace()).memory;
    expect(changed.trust).toEqual({ narrative: 0, pheromone: 0 });
    expect([changed.beta, changed.size]).toEqual([before.beta, before.size]);
    const now = test.clock.now();
    expect(changed.wideEvidence('i:d2 1', now)).toEqual(before.wideEvidence('i:d2 1', now));
  });

  it('encoder: the same text is known without its narrative, others are not neighbours', async () => {
    const test = await learned();
    await (await test.namespace()).flush();
    const changed = restarted(test, { encoder: new FakeEncoder('v2', 16) });
    const known = await changed.ask('some query', LIST, { explain: true });
    expect(known.ids[0]).toBe('d4');
    expect(known.debug.explanation?.neighbours).toMatchObject([{ same_text: true }]);
    expect(known.results.every(({ explanation }) => explanation?.N === 0)).toBe(true);
    const reworded = await changed.ask('query some some', LIST, { explain: true, learn: false });
    expect(reworded.debug.explanation?.neighbours).toEqual([]);
    expect(await changed.tell(['d4'], { requestId: known.requestId })).toEqual({ outcome: 'applied' });
    const relearned = await changed.ask('query some some', LIST, { explain: true, learn: false });
    expect(relearned.debug.explanation?.neighbours).toHaveLength(1);
  });

  it('hash key: known texts are not recognised, near ones are, and it is said', async () => {
    const test = await learned();
    await (await test.namespace()).flush();
    const changed = restarted(test, { hash: new KeyedHash(new Uint8Array(32).fill(9)) });
    const { debug } = await changed.ask('some query', LIST, { explain: true, learn: false });
    expect(debug.explanation?.neighbours.map(({ same_text }) => same_text)).toEqual([false, false]);
    expect(changed.events).toContain('one: hash key changed');
  });
});
