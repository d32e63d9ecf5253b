import { describe, expect, it } from 'vitest';
import type { Row } from '../../src/stores/store.js';
import { documents, TestReranker } from '../fixtures/reranker.js';

const LIST = documents(6);
const EXPIRING = ['impression', 'used'] as const;

/** Every byte stored of a namespace: its state, and the rows of its requests. */
async function everything(test: TestReranker, namespace: string, requestIds: readonly string[]) {
  const found: (Row | undefined)[] = await test.rows(namespace);
  for (const kind of EXPIRING)
    for (const id of requestIds) found.push(await test.store.get(namespace, kind, id));
  return { found, usage: await test.store.usage(namespace) };
}

describe('property 2: another namespace’s', () => {
  it('requests, feedback, eviction and deletion change not one stored byte and no answer here', async () => {
    const test = new TestReranker();
    const { requestId } = await test.ask('some query', LIST);
    await test.tell(['d4'], { requestId });
    await test.visit('some query', LIST, ['d4'], { times: 2 });
    await (await test.namespace()).flush();
    const asked = () => test.ask('some query', LIST, { learn: false, explain: true });
    const before = await everything(test, 'one', [requestId]);
    const { results, debug } = await asked();
    expect(results[0].candidate.id).toBe('d4');

    await test.visit('some query', LIST, ['d5'], { times: 5, namespace: 'two' });
    await test.ask('some query', LIST, { namespace: 'two', queryEmbedding: [1, 2] });
    expect(await everything(test, 'one', [requestId])).toEqual(before);
    await test.evict('two');
    expect((await test.ask('some query', LIST, { namespace: 'two' })).ids[0]).toBe('d5');
    await test.tell(['d5'], { requestId, namespace: 'two' });
    expect(await everything(test, 'one', [requestId])).toEqual(before);
    test.crash('two');
    await test.store.drop('two');
    expect(await everything(test, 'one', [requestId])).toEqual(before);
    expect(await asked()).toMatchObject({ results, debug });

    await test.evict('one');
    expect(await asked()).toMatchObject({ results, debug });
    expect((await everything(test, 'one', [requestId])).found).toEqual(before.found);
  });

  it('learning is not found there: an untouched namespace answers in base order', async () => {
    const test = new TestReranker();
    await test.visit('some query', LIST, ['d5'], { times: 5 });
    const { ids, adapted } = await test.ask('some query', LIST, { namespace: 'two' });
    expect([ids, adapted]).toEqual([LIST.map(({ id }) => id), false]);
    expect(await test.rows('two')).toEqual([]);
  });

  it('dimension of vectors does not pin this one’s', async () => {
    const test = new TestReranker();
    const sent = (dimension: number) =>
      LIST.map((one) => ({ ...one, embedding: new Array(dimension).fill(1) }));
    const ask = (namespace: string, dimension: number) =>
      test.ask('q', sent(dimension), { namespace, queryEmbedding: new Array(dimension).fill(1) });
    await ask('one', 3);
    await ask('two', 4);
    await expect(ask('one', 4)).rejects.toMatchObject({ code: 'VALIDATION_ERROR' });
    await test.evict('one');
    await expect(ask('one', 4)).rejects.toMatchObject({ status: 422 });
    expect((await ask('one', 3)).results).toHaveLength(6);
  });
});

describe('a batch', () => {
  it('with one bad item leaves no trace of any', async () => {
    const test = new TestReranker();
    const embedded = LIST.map((one) => ({ ...one, embedding: [1, 0] }));
    const good = test.request('good query', embedded, { queryEmbedding: [1, 0] });
    const bad = test.request('bad query', embedded, { loc: [1], queryEmbedding: [1, 0, 0] });
    await expect(test.reranker.rerank('one', [good, bad])).rejects.toMatchObject({
      detail: [{ loc: [1, 'query_embedding'] }],
    });
    await (await test.namespace()).flush();
    expect(await test.rows()).toEqual([]);
    expect(await test.tell(['d0'], { requestId: good.requestId })).toEqual({ outcome: 'unknown' });
  });

  it('is answered in order, one impression an item', async () => {
    const test = new TestReranker();
    const requests = ['a', 'b'].map((query, i) => test.request(query, LIST.slice(i)));
    const answers = await test.reranker.rerank('one', requests);
    expect(answers.map(({ results }) => results.length)).toEqual([6, 5]);
    for (const { requestId } of requests)
      expect(await test.tell(['d2'], { requestId })).toEqual({ outcome: 'applied' });
  });
});
