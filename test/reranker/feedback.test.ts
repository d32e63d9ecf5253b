import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../fixtures/memory.js';
import { documents, TestReranker } from '../fixtures/reranker.js';

const LIST = documents(6);

/** S and W of a document, as explained to a query. */
async function evidence(test: TestReranker, id: string, query = 'some query') {
  const { results } = await test.ask(query, LIST, { learn: false, explain: true });
  const { S, W } = results.find(({ candidate }) => candidate.id === id)?.explanation ?? { S: -1, W: -1 };
  return { S, W };
}

async function asked(options = {}) {
  const test = new TestReranker(options);
  const { requestId } = await test.ask('some query', LIST);
  return { test, requestId };
}

describe('feedback', () => {
  it('counts what was shown and what was selected', async () => {
    const { test, requestId } = await asked();
    expect(await test.tell(['d1'], { requestId, success: 0.5 })).toEqual({ outcome: 'applied' });
    expect(await evidence(test, 'd1')).toEqual({ S: 0.5, W: 0.5 });
    expect(await evidence(test, 'd0')).toEqual({ S: 0, W: 1 });
    expect((await test.namespace()).figures.counters.feedback_total).toBe(1);
    expect(test.events).toEqual(['one: memory 0.5']);
  });

  it('with nothing selected says that nothing helped', async () => {
    const { test, requestId } = await asked();
    expect(await test.tell([], { requestId })).toEqual({ outcome: 'applied' });
    expect(await evidence(test, 'd0')).toEqual({ S: 0, W: 1 });
    expect(test.events).toEqual(['one: memory 0']);
  });

  it('counts an id that is named twice once', async () => {
    const { test, requestId } = await asked();
    await test.tell(['d1', 'd1', 'd1'], { requestId });
    expect(await evidence(test, 'd1')).toEqual({ S: 1, W: 0.5 });
  });

  it('counts a document that was shown twice once, at its best rank', async () => {
    const test = new TestReranker();
    const { requestId } = await test.ask('some query', [LIST[0], LIST[1], { ...LIST[1], score: 0.1 }]);
    await test.tell(['d1'], { requestId });
    expect(await evidence(test, 'd1')).toEqual({ S: 1, W: 0.5 });
  });

  it('takes ids that look like parts of objects as what they are', async () => {
    const test = new TestReranker();
    const odd = ['__proto__', 'constructor', 'toString', '\ud800', 'x'.repeat(1000)].map((id, i) => ({
      id,
      text: `odd${i}`,
      score: -i,
    }));
    for (let visit = 0; visit < 4; visit++) {
      const { requestId } = await test.ask('odd query', odd);
      expect(await test.tell([odd[3].id, odd[4].id], { requestId })).toEqual({ outcome: 'applied' });
    }
    const { ids } = await test.ask('odd query', odd);
    expect(ids.slice(0, 2).sort()).toEqual([odd[3].id, odd[4].id].sort());
  });
});

describe('property 7: feedback given twice', () => {
  it('counts once, and says so', async () => {
    const { test, requestId } = await asked();
    await test.tell(['d1'], { requestId });
    const before = await test.rows();
    expect(await test.tell(['d1'], { requestId })).toEqual({ outcome: 'duplicate' });
    expect(await test.tell(['d2'], { requestId, query: 'another', success: 0 })).toEqual({
      outcome: 'duplicate',
    });
    expect(await test.rows()).toEqual(before);
  });

  it('counts once when ten come at the same time', async () => {
    const { test, requestId } = await asked();
    const results = await Promise.all(Array.from({ length: 10 }, () => test.tell(['d1'], { requestId })));
    expect(results.map(({ outcome }) => outcome).sort()).toEqual([
      'applied',
      ...new Array(9).fill('duplicate'),
    ]);
    expect(await evidence(test, 'd1')).toEqual({ S: 1, W: 0.5 });
    expect((await test.namespace()).figures.counters.feedback_total).toBe(1);
  });

  it('counts once across an eviction and a crash', async () => {
    const { test, requestId } = await asked();
    await test.tell(['d1'], { requestId });
    await test.evict();
    expect(await test.tell(['d1'], { requestId })).toEqual({ outcome: 'duplicate' });
    test.crash();
    expect(await test.tell(['d1'], { requestId })).toEqual({ outcome: 'duplicate' });
    expect(await evidence(test, 'd1')).toEqual({ S: 1, W: 0.5 });
  });
});

describe('a request that has expired', () => {
  it('is unknown, whether it was used or not', async () => {
    const { test, requestId } = await asked();
    await test.tell(['d1'], { requestId });
    test.clock.advance(DAY_MS - 1);
    expect(await test.tell(['d1'], { requestId })).toEqual({ outcome: 'duplicate' });
    test.clock.advance(1);
    expect(await test.tell(['d1'], { requestId })).toEqual({ outcome: 'unknown' });
  });
});

describe('property 8: feedback that fits no request', () => {
  it('changes nothing: unknown, expired, foreign, not shown, or of another query', async () => {
    const { test, requestId } = await asked();
    const { requestId: foreign } = await test.ask('some query', LIST, { namespace: 'two' });
    await test.visit('some query', LIST, ['d2']);
    await (await test.namespace()).flush();
    const before = await test.rows();
    expect(await test.tell(['d1'], { requestId: 'never given' })).toEqual({ outcome: 'unknown' });
    expect(await test.tell(['d1'], { requestId: foreign })).toEqual({ outcome: 'unknown' });
    const strange = await test.tell(['d1', 'd99'], { requestId });
    expect(strange).toMatchObject({ outcome: 'invalid', issues: [{ loc: ['selected_ids'] }] });
    const other = await test.tell(['d1'], { requestId, query: 'another query' });
    expect(other).toMatchObject({ outcome: 'invalid', issues: [{ loc: ['query'], type: 'value_error' }] });
    test.clock.advance(DAY_MS);
    expect(await test.tell(['d1'], { requestId })).toEqual({ outcome: 'unknown' });
    expect(await test.rows()).toEqual(before);
  });

  it('also where the expired impression is in the store', async () => {
    const { test, requestId } = await asked();
    await test.evict();
    test.clock.advance(DAY_MS);
    expect(await test.tell(['d1'], { requestId })).toEqual({ outcome: 'unknown' });
  });

  it('does not spend the request: the right feedback still counts', async () => {
    const { test, requestId } = await asked();
    await test.tell(['d99'], { requestId });
    expect(await test.tell(['d1'], { requestId, query: '  SOME\tquery ' })).toEqual({ outcome: 'applied' });
  });

  it('leaves out, where more were shown than are kept, what may have been among them', async () => {
    const test = new TestReranker();
    const many = documents(140, 0.001);
    const { requestId } = await test.ask('some query', many, { topK: 140 });
    expect(await test.tell(['d1', 'd135', 'nobody'], { requestId })).toEqual({ outcome: 'applied' });
    const rows = await test.rows();
    const known = new Map(
      rows.filter(({ kind }) => kind === 'document').map(({ key, value }) => [key, value]),
    );
    expect(known.size).toBe(128);
    expect(JSON.parse(known.get('i:d1') ?? '')).toMatchObject({ S: 1, W: 0.5 });
    expect(known.has('i:d135')).toBe(false);
  });
});

describe('feedback without a request id', () => {
  it('takes the newest unused impression of the same query that showed all selected', async () => {
    const { test, requestId: oldest } = await asked();
    const { requestId: few } = await test.ask('some query', LIST.slice(0, 2));
    await test.ask('another query', LIST);
    expect(await test.tell(['d5'], { query: ' Some  QUERY' })).toEqual({ outcome: 'applied' });
    expect(await test.tell(['d5'], { requestId: oldest })).toEqual({ outcome: 'duplicate' });
    expect(await test.tell(['d0'], { query: 'some query' })).toEqual({ outcome: 'applied' });
    expect(await test.tell(['d0'], { requestId: few })).toEqual({ outcome: 'duplicate' });
    expect(await test.tell(['d0'], { query: 'some query' })).toEqual({ outcome: 'unknown' });
  });

  it('finds impressions in the store as well as those on their way there, newest first', async () => {
    const { test, requestId: stored } = await asked();
    await (await test.namespace()).flush();
    const { requestId: pending } = await test.ask('some query', LIST);
    await test.tell(['d1'], { query: 'some query' });
    expect(await test.tell(['d1'], { requestId: pending })).toEqual({ outcome: 'duplicate' });
    await test.tell(['d1'], { query: 'some query' });
    expect(await test.tell(['d1'], { requestId: stored })).toEqual({ outcome: 'duplicate' });
  });

  it('is unknown where nothing fits', async () => {
    const { test } = await asked();
    expect(await test.tell(['d1'], { query: 'never asked' })).toEqual({ outcome: 'unknown' });
    expect(await test.tell(['d99'], { query: 'some query' })).toEqual({ outcome: 'unknown' });
    expect(await test.tell(['d1'], { query: 'some query', namespace: 'two' })).toEqual({
      outcome: 'unknown',
    });
    test.clock.advance(DAY_MS);
    expect(await test.tell(['d1'], { query: 'some query' })).toEqual({ outcome: 'unknown' });
  });
});
