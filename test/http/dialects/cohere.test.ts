import { describe, expect, it } from 'vitest';
import { ask, ORDER, QUERY, rows, TEXTS } from './asking.js';

const SDK = {
  'user-agent': 'cohere-ai/8.1.0',
  'x-fern-sdk-name': 'cohere-ai',
  'x-fern-language': 'JavaScript',
  authorization: 'Bearer K',
};

describe('Cohere v2', () => {
  it('as its SDK asks', async () => {
    const { status, body, id, request } = await ask(
      '/v2/rerank',
      { model: 'rerank-v3.5', query: QUERY, documents: TEXTS },
      SDK,
    );
    expect(status).toBe(200);
    expect(body).toEqual({
      id,
      results: rows(),
      meta: { api_version: { version: '2' }, billed_units: { search_units: 1 } },
    });
    expect(request).toMatchObject({ query: QUERY, topK: 4, mmrLambda: 1, learn: true, explain: false });
    expect(request?.wishes?.model).toBe('rerank-v3.5');
  });

  it('as the AI SDK asks: a base with /v2, object documents as JSON strings, top_n', async () => {
    const documents = TEXTS.map((text) => JSON.stringify({ text }));
    const { body, request } = await ask(
      '/v2/rerank',
      { model: 'm', query: 'nothing', documents, top_n: 2 },
      { 'user-agent': 'ai-sdk/cohere/3.0.63 ai-sdk/provider-utils/3' },
    );
    expect(body.results).toEqual([
      { index: 0, relevance_score: 0 },
      { index: 1, relevance_score: 0 },
    ]);
    expect(request?.candidates[0]?.text).toBe('{"text":"ripe apple"}');
  });

  it('truncation is handed on as a wish, priority is not', async () => {
    const { request } = await ask('/v2/rerank', {
      model: 'm',
      query: QUERY,
      documents: TEXTS,
      max_tokens_per_doc: 512,
      priority: 3,
    });
    expect(request?.wishes?.knobs).toEqual({ max_tokens_per_doc: 512 });
  });
});

describe('Cohere v1', () => {
  it.each([
    ['cohere-ai 7.21 of LangChain, with its null', '/v1/rerank', SDK, { max_chunks_per_doc: null, top_n: 3 }],
    ['cohere-ai 7.14 of LlamaIndex', '/v1/rerank', { 'user-agent': 'cohere-ai/7.14.0' }, { top_n: 3 }],
    ['under a prefix of its own', '/cohere/v1/rerank', {}, { top_n: 3 }],
  ])('%s', async (_title, path, headers, more) => {
    const { status, body, request, id } = await ask(
      path,
      { model: 'rerank-english-v3.0', query: QUERY, documents: TEXTS, ...more },
      headers,
    );
    expect(status).toBe(200);
    expect(body.results).toEqual(rows().slice(0, 3));
    expect(body.data).toBeUndefined();
    expect(body.meta).toEqual({ api_version: { version: '1' }, billed_units: { search_units: 1 } });
    expect(body.id).toBe(id);
    expect(request?.topK).toBe(3);
  });

  it('has no data for its own SDK, which is known by name', async () => {
    const { body } = await ask('/v1/rerank', { query: QUERY, documents: TEXTS }, SDK);
    expect([body.data, body.results]).toEqual([undefined, rows()]);
  });

  it('is all there is behind its own prefix', async () => {
    const { body, id } = await ask('/cohere/v1/rerank', { query: QUERY, documents: TEXTS });
    expect(body).toEqual({
      id,
      results: rows(),
      meta: { api_version: { version: '1' }, billed_units: { search_units: 1 } },
    });
  });

  it('echoes objects whole and strings as {text}, only when asked', async () => {
    const documents = [{ text: 'ripe apple', title: 't', nested: { a: [1] } }, 'red apple'];
    for (const path of ['/v1/rerank', '/cohere/v1/rerank']) {
      const { body } = await ask(path, { query: 'ripe', documents, return_documents: true });
      expect(body.results.map((row: { document: object }) => row.document)).toEqual([
        documents[0],
        { text: 'red apple' },
      ]);
      const { body: without } = await ask(path, { query: 'ripe', documents, return_documents: false });
      expect(without.results.map(Object.keys)).toEqual([
        ['index', 'relevance_score'],
        ['index', 'relevance_score'],
      ]);
    }
  });

  it('ranks objects by rank_fields, else text, else content, else as JSON', async () => {
    const document = { title: 'A', body: { deep: 1 }, text: 'T' };
    const texts = async (more: object, documents: readonly unknown[]) => {
      const { request } = await ask('/v1/rerank', { model: 'm', query: 'q', documents, ...more });
      return request?.candidates.map(({ text }) => text);
    };
    expect(await texts({ rank_fields: ['title', 'body'] }, [document])).toEqual(['A\n{"deep":1}']);
    expect(await texts({ rank_fields: ['none', 'constructor'] }, [document])).toEqual(['T']);
    const parts = [{ type: 'text', text: 'one' }, { type: 'image_url' }, { type: 'text', text: 'two' }];
    expect(
      await texts({}, [document, { content: 'C' }, { content: parts }, { title: 'A' }, { image: 'u' }]),
    ).toEqual(['T', 'C', 'one\ntwo', '{"title":"A"}', '{"image":"u"}']);
  });

  it('bills a unit for each hundred documents begun', async () => {
    const documents = Array.from({ length: 101 }, () => 'short');
    const { body } = await ask('/v1/rerank', { model: 'm', query: 'q', documents });
    expect(body.meta.billed_units.search_units).toBe(2);
    // 2004 characters are 501 tokens, which count twice
    const { body: long } = await ask('/v1/rerank', {
      query: 'q',
      documents: [...documents.slice(0, 99), 'x'.repeat(2004)],
    });
    expect(long.meta.billed_units.search_units).toBe(2);
  });
});

describe('the order', () => {
  it('is the final one in every dialect', async () => {
    const { body } = await ask('/v2/rerank', { model: 'm', query: QUERY, documents: TEXTS });
    expect(body.results.map(({ index }: { index: number }) => index)).toEqual(ORDER);
  });
});
