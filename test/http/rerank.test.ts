import { describe, expect, it } from 'vitest';
import { BODY, harness } from './harness.js';

describe('POST /rerank', () => {
  it('answers results, debug and meta in the documented shape', async () => {
    const { client } = harness();
    const response = await client.post('/rerank').send({
      ...BODY,
      documents: [
        { id: 'a', text: 'green apple', metadata: { lang: 'en', tags: [1, null] } },
        BODY.documents[2],
      ],
    });
    expect(response.status).toBe(200);
    expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
    const id = response.headers['x-request-id'];
    expect(response.body).toEqual({
      results: [
        {
          id: 'c',
          index: 1,
          text: 'red apple pie',
          metadata: {},
          score: 2,
          components: { dense: 2, narrative: 0, pheromone: 0 },
        },
        {
          id: 'a',
          index: 0,
          text: 'green apple',
          metadata: { lang: 'en', tags: [1, null] },
          score: 1,
          components: { dense: 1, narrative: 0, pheromone: 0 },
        },
      ],
      debug: {
        gating: { mode: 'auto', applied: false, uncertainty: 0, candidate_count: 2, total_candidates: 2 },
        deterministic: true,
        epsilon_used: 0,
        mmr_lambda_used: 0.5,
      },
      meta: {
        request_id: id,
        namespace: 'default',
        cache: 'miss',
        scorer: 'fake',
        adapted: false,
        degraded: false,
      },
    });
  });

  it('hands the reranker a request with every default filled in', async () => {
    const { client, services } = harness({ maxTopK: 5, mmrLambdaDefault: 0.7 });
    await client.post('/rerank').send({ ...BODY, top_k: null, explain: null, query_embedding: null });
    expect(services.ranked[0]?.request).toMatchObject({
      loc: [],
      query: 'red apple',
      topK: 5,
      mmrLambda: 0.7,
      gate: { mode: 'auto', threshold: 0.45, minCandidates: 8, maxCandidates: 48, temperature: 1 },
      explain: false,
      learn: true,
    });
    expect(services.ranked[0]?.request.queryEmbedding).toBeUndefined();
  });

  it('passes vectors and scores on and echoes the embedding', async () => {
    const { client, services } = harness();
    const response = await client.post('/rerank').send({
      query: 'q',
      query_embedding: [1, 0],
      documents: [{ id: 'a', text: 't', embedding: [0.5, -0.5], score: -3.5 }],
    });
    expect(response.body.results[0].embedding).toEqual([0.5, -0.5]);
    expect(services.ranked[0]?.request.queryEmbedding).toEqual([1, 0]);
    expect(services.ranked[0]?.request.candidates[0]).toMatchObject({ embedding: [0.5, -0.5], score: -3.5 });
  });

  it('explain adds an explanation to every result and to debug', async () => {
    const { client } = harness();
    const response = await client.post('/rerank').send({ ...BODY, explain: true });
    expect(response.body.results[0].explain).toMatchObject({ base_score: 2, base_rank: 1 });
    expect(response.body.debug.explain).toMatchObject({ mu: 0.1, safety_gate: { open: false } });
  });

  it('headers speak for clients that fix the body, and a field of the body goes before them', async () => {
    const { client, services } = harness();
    const headers = {
      'X-NeuralCache-Learn': 'false',
      'X-NeuralCache-Explain': 'TRUE',
      'X-NeuralCache-MMR-Lambda': '.25',
    };
    await client.post('/rerank').set(headers).send(BODY);
    await client
      .post('/rerank')
      .set(headers)
      .send({ ...BODY, learn: true, explain: false, mmr_lambda: 1 });
    const asked = services.ranked.map(({ request: { learn, explain, mmrLambda } }) => ({
      learn,
      explain,
      mmrLambda,
    }));
    expect(asked).toEqual([
      { learn: false, explain: true, mmrLambda: 0.25 },
      { learn: true, explain: false, mmrLambda: 1 },
    ]);
  });

  it.each([
    ['X-NeuralCache-Learn', 'perhaps'],
    ['X-NeuralCache-Explain', '2'],
    ['X-NeuralCache-MMR-Lambda', '1.5'],
    ['X-NeuralCache-MMR-Lambda', '0x1'],
    ['X-NeuralCache-MMR-Lambda', '-0.1'],
    ['X-NeuralCache-MMR-Lambda', 'NaN'],
  ])('%s: %s is a 400', async (name, value) => {
    const { client, services } = harness();
    const response = await client.post('/rerank').set(name, value).send(BODY);
    expect(response.status).toBe(400);
    expect(response.body.error.code).toBe('BAD_REQUEST');
    expect(response.body.error.message).toContain(name);
    expect(services.ranked).toEqual([]);
  });

  it('use_cr and return_debug are accepted, checked and without effect', async () => {
    const { client } = harness();
    const plain = await client.post('/rerank').send(BODY);
    const asked = await client
      .post('/rerank?use_cr=true&return_debug=1&other=%zz')
      .send({ ...BODY, use_cr: false, return_debug: true });
    expect(asked.body.results).toEqual(plain.body.results);
    expect(asked.body.debug).toEqual(plain.body.debug);
    const wrong = await client.post('/rerank?use_cr=maybe').send(BODY);
    expect(wrong.status).toBe(422);
    expect(wrong.body.error.detail[0]).toMatchObject({
      loc: ['query_string', 'use_cr'],
      type: 'bool_parsing',
    });
    expect((await client.post('/rerank').send({ ...BODY, use_cr: 'yes' })).status).toBe(422);
  });

  it('documents: [] answers no results, also with a query vector', async () => {
    const { client, services } = harness();
    const response = await client.post('/rerank').send({ query: 'q', documents: [], query_embedding: [1] });
    expect(response.status).toBe(200);
    expect(response.body.results).toEqual([]);
    expect(services.ranked[0]?.request.queryEmbedding).toBeUndefined();
  });

  it('a harmful key is data like any other', async () => {
    const { client, services } = harness();
    const raw =
      '{"query":"q","__proto__":{"learn":false},"documents":[{"id":"__proto__","text":"t","metadata":{"__proto__":{"x":1},"constructor":2}},{"id":"constructor","text":"t"}]}';
    const response = await client.post('/rerank').type('json').send(raw);
    expect(response.status).toBe(200);
    expect(response.text).toContain('"metadata":{"__proto__":{"x":1},"constructor":2}');
    expect(response.body.results.map((row: { id: string }) => row.id)).toEqual(['__proto__', 'constructor']);
    expect(services.ranked[0]?.request.learn).toBe(true);
    expect(({} as { x?: number }).x).toBeUndefined();
  });

  it('lone surrogates in texts are answered as they came', async () => {
    const { client } = harness();
    const raw = '{"query":"\\ud800","documents":[{"id":"a","text":"x\\udfff","metadata":"\\ud83d"}]}';
    const response = await client.post('/rerank').type('json').send(raw);
    expect(response.status).toBe(200);
    expect(response.body.results[0]).toMatchObject({ text: 'x\udfff', metadata: '\ud83d' });
  });

  it('says how long the stages took and when memory could not be used', async () => {
    const { client, services } = harness();
    services.degraded = true;
    const response = await client.post('/rerank').send(BODY);
    expect(response.headers['server-timing']).toBe(
      'parse;dur=0.00, score;dur=1.50, memory;dur=0.25, total;dur=0.00',
    );
    expect(response.headers['x-neuralcache-degraded']).toBe('memory');
    expect(response.body.meta.degraded).toBe(true);
  });

  it('counts the request and its documents', async () => {
    const { client, services } = harness();
    await client.post('/ns/shop/rerank').send({ ...BODY, top_k: 1 });
    expect(services.counted).toEqual([{ endpoint: '/rerank', status: 200, seconds: 0, namespace: 'shop' }]);
    expect(services.documents).toEqual([{ endpoint: '/rerank', count: 3, namespace: 'shop' }]);
  });
});
