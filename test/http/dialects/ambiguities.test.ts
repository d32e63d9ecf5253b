import { describe, expect, it } from 'vitest';
import { ask, QUERY, rows, TEXTS } from './asking.js';

const BODY = { query: QUERY, documents: TEXTS };

describe('collisions, and how they are settled', () => {
  it('{id, text} is native on /rerank and Cohere’s on /v1/rerank, where its id still counts', async () => {
    const documents = [{ id: 'x', text: 'apple' }];
    expect((await ask('/rerank', { query: QUERY, documents })).body.results[0].id).toBe('x');
    const { body, request } = await ask('/v1/rerank', { query: QUERY, documents });
    expect(body.results).toEqual([{ index: 0, relevance_score: 0.25 }]);
    expect(request?.candidates).toEqual([{ id: 'x', text: 'apple' }]);
  });

  it('without a mark the rows stand under results and data', async () => {
    const { body } = await ask('/v1/rerank', { ...BODY, model: 'm' });
    expect([body.results, body.data]).toEqual([rows(), rows()]);
  });

  it('top_k beside strings may be Voyage’s or not: both arrays', async () => {
    const { body } = await ask('/v1/rerank', { ...BODY, model: 'm', top_k: 2 });
    expect([body.results, body.data]).toEqual([rows().slice(0, 2), rows().slice(0, 2)]);
  });

  it('LiteLLM on the bare path gets no document, for either form breaks one of its providers', async () => {
    const agent = { 'user-agent': 'litellm/1.83.0' };
    const echo = { ...BODY, return_documents: true };
    expect((await ask('/rerank', echo, agent)).body.results).toEqual(rows());
    const asObject = rows((index) => ({ document: { text: TEXTS[index] } }));
    expect((await ask('/v1/rerank', echo, agent)).body.results).toEqual(asObject);
    const asString = rows((index) => ({ document: TEXTS[index] }));
    expect((await ask('/infinity/rerank', echo, agent)).body.results).toEqual(asString);
  });

  it('no dialect has a document that is null', async () => {
    for (const path of [
      '/v1/rerank',
      '/v2/rerank',
      '/infinity/rerank',
      '/xinference/v1/rerank',
      '/jina/v1/rerank',
    ]) {
      const { body } = await ask(path, BODY);
      expect([path, body.results]).toEqual([path, rows()]);
    }
  });

  it.each([
    ['/v2/rerank', 'top_n', 400],
    ['/cohere/v1/rerank', 'top_n', 400],
    ['/voyage/v1/rerank', 'top_k', 400],
    ['/infinity/rerank', 'top_n', 422],
    ['/native/rerank', 'top_k', 422],
    ['/v1/rerank', 'top_n', 200],
    ['/vllm/rerank', 'top_n', 200],
    ['/litellm/rerank', 'top_n', 200],
    ['/xinference/rerank', 'top_n', 200],
  ])('none asked for on %s by %s', async (path, field, expected) => {
    const documents = path === '/native/rerank' ? [{ id: 'a', text: 'a' }] : TEXTS;
    const { status, body } = await ask(path, { query: QUERY, documents, [field]: 0 });
    expect(status).toBe(expected);
    if (status === 200) expect(body.results).toHaveLength(TEXTS.length);
  });

  it('more than there are is all', async () => {
    for (const top of [5, '5', 1e9]) {
      expect((await ask('/v1/rerank', { ...BODY, top_n: top })).body.results).toEqual(rows());
    }
  });

  it('texts and documents together: TEI’s form, or Cohere’s with one of its fields', async () => {
    const both = { query: QUERY, texts: TEXTS, documents: TEXTS };
    expect((await ask('/v1/rerank', both)).body).toEqual(rows(() => ({}), 'score'));
    expect((await ask('/v1/rerank', { ...both, model: 'm' })).body.results).toEqual(rows());
  });

  it('the error is of the form of the request', async () => {
    const asText = await ask('/rerank', { query: 7, texts: TEXTS });
    expect(asText.body.error).toBeTypeOf('string');
    expect((await ask('/rerank', { query: 7, documents: [{ id: 'a', text: 'a' }] })).body.error.code).toBe(
      'VALIDATION_ERROR',
    );
    expect((await ask('/vllm/rerank', { query: 7, documents: TEXTS })).body.error.code).toBe(400);
  });

  it('{requests} is a native batch', async () => {
    const { body } = await ask('/rerank/batch', { requests: [{ query: 'q', documents: [] }] });
    expect(body).toMatchObject([{ results: [] }]);
  });

  it.each([
    [{ text: 'red apple' }, 'red apple'],
    [{ content: [{ type: 'text', text: 'red' }, { type: 'image_url' }] }, 'red'],
    [{ content: 'red' }, 'red'],
    [{ image: 'u', b: { d: 1, c: [{ z: 1, a: 2 }] } }, '{"b":{"c":[{"a":2,"z":1}],"d":1},"image":"u"}'],
  ])('the query %j is the text %s', async (query, text) => {
    expect((await ask('/v1/rerank', { ...BODY, query })).request?.query).toBe(text);
  });

  it.each([7, ['q'], true])('the query %j is a mistake', async (query) => {
    expect((await ask('/v1/rerank', { ...BODY, query })).status).toBe(400);
  });
});

describe('headers for callers whose client fixes the body', () => {
  it('are heard in every dialect', async () => {
    const headers = {
      'X-NeuralCache-Learn': 'false',
      'X-NeuralCache-MMR-Lambda': '0.3',
      'X-NeuralCache-Source': 'u1',
    };
    for (const path of ['/v1/rerank', '/v2/rerank', '/voyage/v1/rerank']) {
      const { request } = await ask(path, BODY, headers);
      expect(request).toMatchObject({ learn: false, mmrLambda: 0.3, source: 'anonymous/u1' });
    }
  });

  it('explain each row where that is asked for', async () => {
    const explain = { 'X-NeuralCache-Explain': 'true' };
    for (const path of ['/v1/rerank', '/v2/rerank', '/infinity/rerank', '/vllm/rerank', '/tei/rerank']) {
      const field = path === '/tei/rerank' ? 'texts' : 'documents';
      const sent = { query: QUERY, [field]: TEXTS, return_documents: path === '/infinity/rerank' };
      const { body } = await ask(path, sent, explain);
      const found = (Array.isArray(body) ? body : body.results) as { explain: { base_rank: number } }[];
      expect([path, ...found.map((row) => row.explain.base_rank)]).toEqual([path, 1, 2, 3, 4]);
    }
  });

  it('every answer has a request id, a version and its times', async () => {
    const { response } = await ask('/v2/rerank', BODY);
    expect(response.headers).toMatchObject({ 'x-request-id': 'req_1', 'x-neuralcache-api-version': '1' });
    expect(response.headers['server-timing']).toContain('score;dur=1.50');
    const { response: degraded } = await ask('/v2/rerank', BODY, {}, {}, (services) => {
      services.degraded = true;
    });
    expect(degraded.headers['x-neuralcache-degraded']).toBe('memory');
  });
});

describe('what the service behind us is told of the caller', () => {
  const headers = {
    authorization: 'Bearer theirs',
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  };

  it('the trace, and the credential only where it is to be passed on and is none of ours', async () => {
    const pass = { upstreamPassCredentials: true };
    const wishes = async (options: object, sent: Record<string, string> = headers) =>
      (await ask('/v1/rerank', BODY, sent, options)).request?.wishes;
    expect(await wishes(pass)).toMatchObject({ credential: 'theirs', traceparent: headers.traceparent });
    expect((await wishes(pass, { 'x-api-key': 'k' }))?.credential).toBe('k');
    expect((await wishes({}))?.credential).toBeUndefined();
    expect((await wishes({ ...pass, apiTokens: ['theirs'] }))?.credential).toBeUndefined();
  });
});
