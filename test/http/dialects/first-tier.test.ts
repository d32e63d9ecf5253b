import { describe, expect, it } from 'vitest';
import { ask, ORDER, QUERY, rows, TEXTS } from './asking.js';

/** Four characters a token, the query beside each document: 4 · 4 + (3 + 2 + 4 + 2). */
const TOKENS = 27;
const BODY = { model: 'm', query: QUERY, documents: TEXTS };
const ECHO = { ...BODY, return_documents: true };
const objects = rows((index) => ({ document: { text: TEXTS[index] } }));
const strings = rows((index) => ({ document: TEXTS[index] }));

describe('Jina', () => {
  it('behind its prefix', async () => {
    const { body, id } = await ask('/jina/v1/rerank', BODY);
    const usage = { total_tokens: TOKENS, prompt_tokens: TOKENS };
    expect(body).toEqual({ id, model: 'm', usage, results: rows() });
    expect((await ask('/jina/v1/rerank', ECHO)).body.results).toEqual(objects);
  });

  it.each([
    ['LlamaIndex', { top_n: 2 }, {}],
    ['LangChain in Python, with its null', { top_n: null }, { 'accept-encoding': 'identity' }],
    ['Haystack', { top_n: 2 }, {}],
    ['Dify, for m0', { documents: TEXTS.map((text) => ({ text })), top_n: 2 }, {}],
  ])('as %s asks on /v1/rerank', async (_title, more, headers) => {
    const { body, response } = await ask('/v1/rerank', { ...BODY, ...more }, headers);
    expect(body.results).toEqual(more.top_n === null ? rows() : rows().slice(0, 2));
    expect([body.model, body.usage.total_tokens]).toEqual(['m', TOKENS]);
    expect(response.headers['content-encoding']).toBeUndefined();
  });
});

describe('Voyage', () => {
  const plain = { query: QUERY, documents: TEXTS, model: 'rerank-2.5' };
  const answer = { object: 'list', data: rows(), model: 'rerank-2.5', usage: { total_tokens: TOKENS } };

  it.each([
    ['its SDK', { 'x-fern-sdk-name': 'voyageai', 'user-agent': 'voyageai/0.4.0' }, { ...plain, model: 'm' }],
    ['the AI SDK', { 'user-agent': 'ai-sdk/voyage/1.0.14 runtime/node' }, { ...plain, model: 'm', top_k: 4 }],
    ['its Python client', { 'user-agent': 'python-requests/2' }, { ...plain, truncation: true, top_k: null }],
    ['anybody with one of its models', {}, plain],
  ])('as %s asks', async (_title, headers, body) => {
    const asked = await ask('/v1/rerank', body, headers);
    expect(asked.body).toEqual({ ...answer, model: body.model });
  });

  it('echoes documents as strings', async () => {
    const { body } = await ask('/v1/rerank', { ...plain, return_documents: true });
    expect(body.data).toEqual(strings);
  });

  it('top_k and truncation are heard', async () => {
    const { request } = await ask('/v1/rerank', { ...plain, top_k: 2, truncation: false });
    expect([request?.topK, request?.wishes?.knobs]).toEqual([2, { truncation: false }]);
  });
});

describe('text-embeddings-inference', () => {
  const body = { query: QUERY, texts: TEXTS };

  it.each(['/rerank', '/v1/rerank', '/reranking', '/tei/rerank', '/ns/a/tei/rerank'])(
    'is known by texts on %s',
    async (path) => {
      expect((await ask(path, body)).body).toEqual(rows(() => ({}), 'score'));
    },
  );

  it.each<[string, { top_n?: number; return_text?: boolean; [field: string]: unknown }]>([
    ['RAGFlow', { raw_scores: false, truncate: true }],
    ['Dify', { return_text: true }],
    ['Continue', { truncation_direction: 'Right', return_text: false }],
    [
      'LiteLLM',
      {
        raw_scores: false,
        truncate: false,
        truncation_direction: 'Right',
        top_n: 2,
        return_text: true,
      },
    ],
  ])('as %s asks', async (_title, more) => {
    const asked = await ask('/rerank', { ...body, ...more });
    const echo = (index: number) => (more.return_text ? { text: TEXTS[index] } : {});
    expect(asked.body).toEqual(rows(echo, 'score').slice(0, more.top_n));
  });

  it('says how much it read', async () => {
    const { response } = await ask('/tei/rerank', body);
    expect(response.headers).toMatchObject({
      'x-compute-type': 'cpu',
      'x-compute-characters': '54',
      'x-compute-tokens': String(TOKENS),
    });
  });
});

describe('vLLM', () => {
  it('echoes always, and takes 0 for all', async () => {
    const { body, id } = await ask('/vllm/v2/rerank', { ...BODY, top_n: 0, truncate_prompt_tokens: -1 });
    const usage = { prompt_tokens: TOKENS, total_tokens: TOKENS };
    const document = (index: number) => ({ document: { text: TEXTS[index], multi_modal: null } });
    expect(body).toEqual({ id, model: 'm', usage, results: rows(document) });
  });

  it('reads content parts: of each document, or as the documents', async () => {
    const texts = async (documents: unknown) =>
      (await ask('/vllm/rerank', { query: 'q', documents })).request?.candidates.map(({ text }) => text);
    const part = (text: string) => ({ type: 'text', text });
    expect(await texts([{ content: [part('a'), part('b')] }, 'c'])).toEqual(['a\nb', 'c']);
    expect(await texts({ content: [part('a'), part('b')] })).toEqual(['a', 'b']);
  });

  it('hands raw scores on as a wish, and no switch of its own', async () => {
    const { request } = await ask('/vllm/rerank', {
      ...BODY,
      use_activation: false,
      truncation_side: 'left',
    });
    expect(request?.wishes).toMatchObject({ rawScores: true, knobs: { truncation_side: 'left' } });
    expect(request?.wishes?.knobs).not.toHaveProperty('use_activation');
  });
});

describe('Infinity', () => {
  it('behind its prefix', async () => {
    const { body, id } = await ask('/infinity/rerank', { ...ECHO, raw_scores: false });
    const usage = { prompt_tokens: TOKENS, total_tokens: TOKENS };
    expect(body).toEqual({
      object: 'rerank',
      results: strings,
      model: 'm',
      usage,
      id,
      created: 1_700_000_000,
    });
  });

  it('is known by raw_scores beside documents, and leaves documents out unless asked', async () => {
    const { body, request } = await ask('/rerank', { query: QUERY, documents: TEXTS, raw_scores: true });
    expect([body.object, body.results]).toEqual(['rerank', rows()]);
    expect(request?.wishes?.rawScores).toBe(true);
  });
});

describe('llama.cpp', () => {
  it.each(['/llama.cpp/rerank', '/llama.cpp/v1/reranking'])(
    'in Jina’s form on %s, without echo',
    async (path) => {
      const { body } = await ask(path, { ...ECHO, top_n: 9 });
      const usage = { prompt_tokens: TOKENS, total_tokens: TOKENS };
      expect(body).toEqual({ model: 'm', object: 'list', usage, results: rows() });
    },
  );

  it('in TEI’s form where there are texts, reading documents where both are', async () => {
    const texts = await ask('/llama.cpp/rerank', { query: QUERY, texts: TEXTS, top_n: 1, return_text: true });
    expect(texts.body).toEqual([{ index: 2, score: 0.75, text: TEXTS[2] }]);
    const both = await ask('/llama.cpp/rerank', { query: QUERY, texts: ['x'], documents: TEXTS });
    expect(both.body).toEqual(rows(() => ({}), 'score'));
  });

  it('top_n 0 is an empty list, and leaves no trace', async () => {
    const { body, services } = await ask('/llama.cpp/rerank', { ...BODY, top_n: 0 });
    expect([body.results, services.ranked]).toEqual([[], []]);
  });
});

describe('LiteLLM', () => {
  const meta = {
    billed_units: { search_units: 1, total_tokens: TOKENS },
    tokens: { input_tokens: TOKENS, output_tokens: 0 },
  };

  it('behind its prefix', async () => {
    const { body, id } = await ask('/litellm/v1/rerank', ECHO);
    expect(body).toEqual({ id, results: objects, meta });
  });

  it.each(['/litellm/v1/rerank', '/v1/rerank'])(
    'cache: {"no-cache": true} on %s asks afresh',
    async (path) => {
      const { request } = await ask(path, { ...BODY, cache: { 'no-cache': true } });
      expect(request?.cacheControl).toEqual({ noCache: true, noStore: false });
      expect((await ask(path, { ...BODY, cache: { ttl: 3 } })).request?.cacheControl).toBeUndefined();
      const both = await ask(path, { ...BODY, cache: { 'no-cache': true } }, { 'Cache-Control': 'no-store' });
      expect(both.request?.cacheControl).toMatchObject({ noCache: true, noStore: true });
    },
  );
});

describe('Xinference', () => {
  it('behind its prefix', async () => {
    const { body, id } = await ask('/xinference/v1/rerank', { ...ECHO, kwargs: '{"a":1}' });
    expect(body).toEqual({
      id,
      results: objects,
      meta: {
        api_version: null,
        billed_units: { search_units: 1 },
        tokens: { input_tokens: TOKENS, output_tokens: 0 },
        warnings: null,
      },
    });
  });

  it('takes words for booleans, as RAGFlow sends them', async () => {
    const more = { return_documents: 'true', return_len: 'true' };
    expect((await ask('/v1/rerank', { ...BODY, ...more })).body.results).toEqual(objects);
    const no = { ...more, return_documents: 'False' };
    expect((await ask('/v1/rerank', { ...BODY, ...no })).body.results).toEqual(rows());
  });
});

describe('the family that cannot be told apart', () => {
  it('gets one answer with what each of its clients reads', async () => {
    const { body, id } = await ask('/v1/rerank', BODY);
    expect(body).toEqual({
      id,
      object: 'list',
      model: 'm',
      results: rows(),
      data: rows(),
      usage: { prompt_tokens: TOKENS, completion_tokens: 0, total_tokens: TOKENS },
      meta: { api_version: { version: '1' }, billed_units: { search_units: 1 } },
    });
  });

  it.each([
    ['top_n', 4],
    ['rank_fields', ['text']],
    ['max_chunks_per_doc', 1],
  ])('without data once %s rules Voyage out', async (field, value) => {
    const { body } = await ask('/v1/rerank', { ...BODY, [field]: value });
    expect([body.data, body.results]).toEqual([undefined, rows()]);
  });

  it.each([
    '/v3/openai/rerank',
    '/openai/v1/rerank',
    '/v1/v1/rerank',
    '/inference/v1/rerank',
    '/compatible-api/v1/reranks',
    '/v1/reranking',
    '/v1/rerank/',
    '/v1//rerank',
    '/v1/rerank?key=1',
  ])('is answered on %s', async (path) => {
    const { body, services } = await ask(path, BODY);
    expect(body.results).toEqual(rows());
    const labels = ['/v1/rerank', '/v1/reranking', '/v1/reranks'];
    expect(labels).toContain(services.counted[0]?.endpoint);
  });

  it('SiliconFlow may send one string, and a list of one is the answer', async () => {
    const { body } = await ask('/v1/rerank', { ...BODY, documents: 'an apple' });
    expect(body.results).toEqual([{ index: 0, relevance_score: 0.25 }]);
  });

  it('is named neuralcache where the caller names no model', async () => {
    expect((await ask('/v1/rerank', { query: 'q', documents: ['a'] })).body.model).toBe('neuralcache');
  });

  it('keeps the order of what ties', async () => {
    const { body } = await ask('/v1/rerank', { ...BODY, query: 'none' });
    expect(body.results.map(({ index }: { index: number }) => index)).toEqual([...ORDER].sort());
  });
});
