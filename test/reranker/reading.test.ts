import { describe, expect, it } from 'vitest';
import { CountingIndex } from '../fixtures/counting-index.js';
import { documents, TestReranker } from '../fixtures/reranker.js';

async function learned(options = {}) {
  const test = new TestReranker(options);
  await test.visit('some query', documents(6), ['d4'], { times: 3 });
  return test;
}

describe('property 6: ranking', () => {
  it('a thousand times changes no cell, narrative or pheromone', async () => {
    const test = await learned({ settings: { epsilon: 0.5 } });
    await (await test.namespace()).flush();
    const learnedRows = async () =>
      (await test.rows()).filter(
        ({ kind, key }) => kind === 'cell' || kind === 'document' || key === 'state',
      );
    const before = await learnedRows();
    for (let i = 0; i < 1000; i++) await test.ask(i % 2 ? 'some query' : `query ${i}`, documents(6));
    await (await test.namespace()).flush();
    expect(await learnedRows()).toEqual(before);
    expect(before.length).toBeGreaterThan(6);
    const { memory } = await test.namespace();
    expect([memory.size, memory.beta, memory.snapshot.feedbacks]).toEqual([1, 4, 3]);
  });

  it('properties 6 and 14: gets the same answer again with DETERMINISTIC, frequencies frozen', async () => {
    const test = await learned({ settings: { deterministic: true, epsilon: 1 } });
    // base scores come from words here, so that learned frequencies would show
    const texts = documents(6).map(({ id, text }) => ({ id, text: `${text} some query` }));
    const { requestId: _, stages: __, ...first } = await test.ask('some query of1', texts, { explain: true });
    for (let i = 0; i < 20; i++) {
      const again = await test.ask('some query of1', texts, { explain: true });
      expect(again).toMatchObject(first);
    }
    expect(first.debug).toMatchObject({ deterministic: true, epsilon_used: 0 });
  });

  it('learns document frequencies where it is not frozen', async () => {
    const test = new TestReranker();
    const texts = documents(3).map(({ id, text }) => ({ id, text: `${text} common` }));
    const first = await test.ask('common', texts, { learn: false });
    for (let i = 0; i < 3; i++) await test.ask('another', texts);
    const later = await test.ask('common', texts, { learn: false });
    expect(later.results[0].score).toBeLessThan(first.results[0].score);
  });

  it('with learn off touches no cell', async () => {
    const test = await learned();
    test.clock.advance(60_000);
    await (await test.namespace()).flush();
    const before = await test.rows();
    await test.ask('some query', documents(6), { learn: false });
    await (await test.namespace()).flush();
    expect(await test.rows()).toEqual(before);
  });

  it('with learn off leaves nothing: no impression, no frequencies, no count', async () => {
    const test = new TestReranker();
    const { requestId } = await test.ask('some query', documents(6), { learn: false });
    await (await test.namespace()).flush();
    expect(await test.rows()).toEqual([]);
    expect(await test.tell(['d1'], { requestId })).toEqual({ outcome: 'unknown' });
  });
});

describe('property 20: a query that is known', () => {
  it('sees its second feedback in the next request', async () => {
    const test = new TestReranker();
    await test.visit('some query', documents(6), ['d5'], { times: 2 });
    expect((await test.ask('some query', documents(6))).ids[0]).toBe('d5');
  });

  it('is not encoded, and no cell is looked at, while its top ten stay the same', async () => {
    let looked = 0;
    const openIndex = (dimension: number) => new CountingIndex<string>(dimension, () => looked++);
    const test = await learned({ namespace: { openIndex } });
    for (let i = 0; i < 30; i++) await test.visit(`query${i} of its own`, documents(6), ['d1']);
    await test.ask('some query', documents(6));
    looked = 0;
    const { encoded } = test.encoder;
    for (let i = 0; i < 5; i++) expect((await test.ask('some query', documents(6))).ids[0]).toBe('d4');
    expect([looked, test.encoder.encoded - encoded]).toEqual([0, 0]);
    // one newer cell: that one alone is looked at
    await test.visit('a newer query', documents(6), ['d1']);
    looked = 0;
    await test.ask('some query', documents(6));
    expect(looked).toBe(1);
    // another top ten: another key, compared with all 32 cells
    looked = 0;
    await test.ask('some query', documents(5));
    expect(looked).toBe(32);
  });

  it('costs MMR only over what is shown', async () => {
    const test = new TestReranker();
    await test.ask('some query', documents(50, 0.01), { topK: 12, mmrLambda: 0.5, learn: false });
    expect(test.encoder.encoded).toBe(12);
  });
});

describe('explain', () => {
  it('tells what stands behind each document and the order', async () => {
    const test = await learned();
    const { results, debug } = await test.ask('some query', documents(6), { explain: true });
    const first = results[0].explanation;
    // d4 was shown at rank 5, then twice higher up
    expect(first).toMatchObject({ base_rank: 5, free: true, N_namespace: 0, P_namespace: 0 });
    expect(first?.base_score).toBeCloseTo(0.6, 12);
    expect(first?.S).toBeCloseTo(3, 6);
    expect(results[0].components.pheromone).toBeCloseTo(0.3 * (first?.P ?? 0), 12);
    expect(results[0].components.narrative).toBeCloseTo(0.6 * (first?.N ?? 0), 12);
    expect(debug.explanation).toMatchObject({
      beta: 4,
      evidence: 3,
      neighbours: [{ same_text: true, similarity: 1, weight: 1, feedbacks: 3 }],
      safety_gate: { open: true },
      trust: { narrative: 0, pheromone: 0 },
    });
    expect((await test.ask('some query', documents(6))).results[0].explanation).toBeUndefined();
  });

  it('works where memory has nothing to say', async () => {
    const { results, debug } = await new TestReranker().ask('q', documents(2), { explain: true });
    expect(results[0].explanation).toMatchObject({ base_rank: 1, S: 0, W: 0, P: 0, N: 0, b: 1 });
    expect(debug.explanation).toMatchObject({ mu: 0.2, beta: 4, evidence: 0, neighbours: [] });
  });
});
