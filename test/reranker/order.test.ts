import { describe, expect, it } from 'vitest';
import { GATE_OFF } from '../../src/evaluation/requests.js';
import { documents, TestReranker } from '../fixtures/reranker.js';

const TEXTS = [
  { id: 'a', text: 'red apple pie', score: 1 },
  { id: 'a copy', text: 'red apple pie', score: 0.95 },
  { id: 'b', text: 'green pear tart', score: 0.9 },
];

describe('MMR', () => {
  it('sinks a near-copy among the shown, by the texts', async () => {
    const test = new TestReranker();
    expect((await test.ask('pie', TEXTS, { mmrLambda: 0.5 })).ids).toEqual(['a', 'b', 'a copy']);
    expect((await test.ask('pie', TEXTS, { mmrLambda: 1 })).ids).toEqual(['a', 'a copy', 'b']);
    expect((await test.ask('pie', TEXTS, { mmrLambda: 0.5, topK: 2 })).ids).toEqual(['a', 'a copy']);
  });

  it('sinks a copy of one of the best that memory brought among the shown', async () => {
    const test = new TestReranker();
    const twelve = documents(12, 0.02);
    const list = twelve.map((one, i) => (i === 11 ? { ...one, text: twelve[0]!.text } : one));
    for (let visit = 0; visit < 6; visit++) {
      const { requestId } = await test.ask('some query', list, { topK: 12 });
      await test.tell(['d11'], { requestId });
    }
    const options = { topK: 5, learn: false };
    const { ids } = await test.ask('some query', list, { ...options, mmrLambda: 1 });
    expect(ids.slice(0, 2)).toEqual(['d11', 'd0']);
    expect((await test.ask('some query', list, { ...options, mmrLambda: 0.1 })).ids.at(-1)).toBe('d0');
  });

  it('goes by the vectors that were sent, where there are some', async () => {
    const sent = TEXTS.map((one, i) => ({ ...one, embedding: i === 0 ? [3, 0] : [0, 5] }));
    const { ids, debug } = await new TestReranker().ask('pie', sent, {
      mmrLambda: 0.5,
      queryEmbedding: [1, 1],
    });
    // now `b` is the copy, and stands last already
    expect(ids).toEqual(['a', 'a copy', 'b']);
    expect(debug.mmr_lambda_used).toBe(0.5);
  });

  it('is no adaptation: nothing was learned', async () => {
    expect((await new TestReranker().ask('pie', TEXTS, { mmrLambda: 0.5 })).adapted).toBe(false);
  });
});

describe('the entropy gate', () => {
  const few = { ...GATE_OFF, mode: 'on' as const, minCandidates: 2, maxCandidates: 2 };

  it('holds back what stands below the budget; nothing is dropped', async () => {
    const test = new TestReranker();
    const list = documents(6);
    await test.visit('some query', list, ['d1', 'd5'], { times: 4 });
    const open = await test.ask('some query', list, { learn: false });
    expect(open.ids.slice(0, 2).sort()).toEqual(['d1', 'd5']);
    const held = await test.ask('some query', list, { gate: few, learn: false, explain: true });
    expect(held.ids).toEqual(['d1', 'd0', 'd2', 'd3', 'd4', 'd5']);
    expect(held.debug.gating).toMatchObject({
      mode: 'on',
      applied: true,
      candidate_count: 2,
      total_candidates: 6,
    });
    expect(held.results.map(({ explanation }) => explanation?.free)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});

describe('documents without ids', () => {
  it('are known by their text', async () => {
    const test = new TestReranker();
    const list = documents(6).map(({ text, score }) => ({ text, score }));
    const { requestId } = await test.ask('some query', list);
    await test.tell([], { requestId });
    const { results } = await test.ask('some query', list, { explain: true, learn: false });
    expect(results.map(({ explanation }) => explanation?.W)[0]).toBe(1);
    const keys = (await test.rows()).filter(({ kind }) => kind === 'document').map(({ key }) => key);
    expect(keys.every((key) => /^t:[\w-]{22}$/.test(key))).toBe(true);
    const other = await test.ask('some query', [{ text: 'other', score: 1 }], {
      explain: true,
      learn: false,
    });
    expect(other.results[0].explanation?.W).toBe(0);
  });
});

describe('a query without a known piece', () => {
  it('has no key: it is known by its text alone and meets no other', async () => {
    const test = new TestReranker();
    const list = documents(6);
    await test.visit('!!!', list, ['d4'], { times: 3 });
    expect((await test.ask('!!!', list)).ids[0]).toBe('d4');
    expect((await test.ask('???', list)).adapted).toBe(false);
  });
});

describe('queries that share their results', () => {
  it('meet where their words do not; a number or an opposite keeps them apart', async () => {
    const test = new TestReranker();
    const list = documents(6);
    await test.visit('reset my password', list, ['d5'], { times: 4 });
    const spoken = async (query: string) =>
      (await test.ask(query, list, { learn: false, explain: true })).debug.explanation?.neighbours.length;
    expect(await spoken('reset password')).toBe(1);
    expect(await spoken('reset password 2')).toBe(0);
    expect(await spoken("don't reset my password")).toBe(0);
    expect((await test.ask('reset password', list, { learn: false })).ids[0]).toBe('d5');
  });
});
