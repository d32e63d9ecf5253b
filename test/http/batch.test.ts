import { describe, expect, it } from 'vitest';
import { BODY, harness } from './harness.js';

describe('POST /rerank/batch', () => {
  it('answers in order, each item with an id of its own and the call with another', async () => {
    const { client, services } = harness();
    const response = await client.post('/rerank/batch').send([BODY, { ...BODY, query: 'blue' }]);
    expect(response.status).toBe(200);
    expect(response.body.map((row: { results: { id: string }[] }) => row.results[0]?.id)).toEqual(['c', 'b']);
    const ids = response.body.map((row: { meta: { request_id: string } }) => row.meta.request_id);
    expect(new Set([...ids, response.headers['x-request-id']]).size).toBe(3);
    expect(services.ranked.map(({ request }) => request.requestId)).toEqual(ids);
    expect(services.ranked.map(({ request }) => request.loc)).toEqual([[0], [1]]);
    expect(services.documents).toHaveLength(2);
    expect(response.headers['server-timing']).toContain('score;dur=3.00');
  });

  it('takes {requests: [...]} as well, and an empty batch', async () => {
    const { client } = harness();
    expect((await client.post('/v1/rerank/batch').send({ requests: [BODY] })).body).toHaveLength(1);
    const empty = await client.post('/ns/shop/rerank/batch').send([]);
    expect([empty.status, empty.body]).toEqual([200, []]);
  });

  it('one bad item refuses all of it with its place, and nothing is recorded', async () => {
    const { client, services } = harness();
    const response = await client
      .post('/rerank/batch')
      .send([BODY, { ...BODY, top_k: 0, documents: [{ id: 3, text: 't' }] }]);
    expect(response.status).toBe(422);
    expect(response.body.error.detail.map(({ loc }: { loc: unknown }) => loc)).toEqual([
      [1, 'documents', 0, 'id'],
      [1, 'top_k'],
    ]);
    expect(services.ranked).toEqual([]);
    expect(services.documents).toEqual([]);
  });

  it('passes on what the reranker found wrong with an item', async () => {
    const { client, services } = harness();
    const bad = { query: 'q', documents: [{ id: 'a', text: 'dimension' }] };
    const response = await client.post('/rerank/batch').send([BODY, bad]);
    expect(response.status).toBe(422);
    expect(response.body.error.detail[0].loc).toEqual([1, 'query_embedding']);
    expect(services.ranked).toEqual([]);
  });

  it.each([
    ['an object', {}, 'list_type'],
    ['a number', 7, 'list_type'],
    ['too many items', Array.from({ length: 17 }, () => BODY), 'too_long'],
  ])('%s is a 422', async (_title, body, type) => {
    const { client } = harness();
    const response = await client.post('/rerank/batch').type('json').send(JSON.stringify(body));
    expect(response.status).toBe(422);
    expect(response.body.error.detail).toEqual([expect.objectContaining({ loc: [], type })]);
  });

  it('ids may repeat between items, not within one', async () => {
    const { client } = harness();
    expect((await client.post('/rerank/batch').send([BODY, BODY])).status).toBe(200);
  });
});
