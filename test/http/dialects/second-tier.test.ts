import { describe, expect, it } from 'vitest';
import { dispatch } from '../../../src/http/dialects/dispatch.js';
import { dialectOf } from '../../../src/http/dialects/registry.js';
import { harness } from '../harness.js';
import { ask, QUERY, TEXTS } from './asking.js';
import { CAPTURED, SECOND_TIER } from './second-tier.js';

describe.each(SECOND_TIER)('%s, as its client asks', (name, { path, headers, body, model, documents }) => {
  it('is ranked: the query, the texts, the model, all results, not spread out', async () => {
    const { status, request, id, response } = await ask(path, body, headers);
    expect(status).toBe(200);
    expect(request).toMatchObject({ query: QUERY, topK: 4, mmrLambda: 1, learn: true });
    expect(request?.candidates.map(({ text }) => text)).toEqual(TEXTS);
    expect(request?.wishes?.model).toBe(model);
    expect(request?.requestId).toBe(id);
    expect(response.headers['content-type']).toContain('application/json');
  });

  it('answers the same under its prefix and with its header', async () => {
    const bare = path.startsWith(`/${name}/`) ? path.slice(name.length + 1) : path;
    const byPath = await ask(`/${name}${bare}`, body, headers);
    const byHeader = await ask(bare, body, { ...headers, 'X-NeuralCache-Dialect': name });
    expect(byHeader.body).toEqual(byPath.body);
    expect((await ask(path, body, headers)).body).toEqual(byPath.body);
  });

  it('takes a namespace by header and by path, and headers for clients that fix the body', async () => {
    const wishes = { ...headers, 'X-NeuralCache-Namespace': 'shop', 'X-NeuralCache-Learn': 'false' };
    const byHeader = await ask(path, body, wishes);
    expect(byHeader.services.ranked[0]).toMatchObject({ namespace: 'shop', request: { learn: false } });
    const byPath = await ask(`/ns/shop${path}`, body, headers);
    expect(byPath.services.ranked[0]?.namespace).toBe('shop');
  });

  it.skipIf(name === 'deepinfra')(
    'explains each row when a header asks (a bare score has no room)',
    async () => {
      const asked = await ask(path, body, { ...headers, 'X-NeuralCache-Explain': 'true' });
      expect(asked.response.text.match(/"explain":\{"base_score":/g)).toHaveLength(4);
      expect((await ask(path, body, headers)).response.text).not.toContain('"explain"');
    },
  );

  it('learns from feedback that names places in its request', async () => {
    const { client, services } = harness();
    const ranked = await client.post(path).set(headers).type('application/json').send(body);
    const feedback = { request_id: ranked.headers['x-request-id'], selected_indices: [3] };
    expect((await client.post('/feedback').send(feedback)).status).toBe(200);
    expect(services.feedbacks[0]?.request).toMatchObject({ requestId: 'req_1', selectedIndices: [3] });
  });

  it('refuses more documents than the limit, none at all, and what is no document', async () => {
    const list = body[documents] as unknown[];
    const limited = await ask(path, body, headers, { dialectMaxDocuments: 3 });
    const others = await Promise.all(
      [[], [...list.slice(1), 7], null, 7].map((sent) => ask(path, { ...body, [documents]: sent }, headers)),
    );
    for (const { status, services } of [limited, ...others]) {
      expect([400, 422]).toContain(status);
      expect(services.ranked).toEqual([]);
    }
  });

  it('wants a token where there are some, and takes it however it comes', async () => {
    const tokens = { apiTokens: ['right'] };
    const { authorization, 'api-key': apiKey, ...rest } = headers;
    const refused = await ask(path, body, { ...rest, authorization: 'Bearer wrong' }, tokens);
    expect([401, 403]).toContain(refused.status);
    const ways: [string, string][] = [
      ['authorization', 'Bearer right'],
      ['x-api-key', 'right'],
      ['api-key', 'right'],
    ];
    for (const [header, token] of ways) {
      expect((await ask(path, body, { ...rest, [header]: token }, tokens)).status).toBe(200);
    }
  });

  it('says nothing of a fault of ours', async () => {
    const { status, response } = await ask(path, body, headers, {}, (services) => {
      services.rerank = () => Promise.reject(new Error('secret'));
    });
    expect(status).toBe(500);
    expect(response.text).toContain('Internal error');
    expect(response.text).not.toContain('secret');
  });
});

describe('whose request it is', () => {
  const query = 'q';
  const strings = ['a'];

  it.each([
    ['/v1/projects/p/rankingConfigs/c:rank', { query }, {}, 'vertex'],
    ['/v1/rerank', { query, records: [] }, {}, 'vertex'],
    ['/_inference/rerank/x', { query, documents: strings }, {}, 'elasticsearch'],
    ['/model/m/invoke', { query, texts: strings }, {}, 'bedrock-invoke'],
    ['/v1/inference/o/m', { queries: [query], documents: strings }, {}, 'deepinfra'],
    ['/v1/inference/o/m', { query, documents: strings }, {}, 'cohere-like'],
    ['/rerank', { queries: [query], documents: strings, model: 'm' }, {}, 'cohere-like'],
    ['/v1/rerankings', { query, texts: strings }, {}, 'isaacus'],
    ['/v1/models/rerank', { query, documents: strings }, {}, 'zeroentropy'],
    ['/rerank', { queries: [query], sources: [] }, {}, 'bedrock'],
    ['/rerank', { query, passages: [] }, {}, 'nvidia'],
    ['/v1/ranking', { query, documents: strings }, {}, 'nvidia'],
    ['/reranking', { query, passages: strings }, {}, 'nvidia'],
    ['/v1/reranking', { query, input: strings }, {}, 'mixedbread'],
    ['/v1/reranking', { query, input: strings, documents: strings }, {}, 'cohere-like'],
    ['/v1/reranking', { query, input: null, documents: strings }, {}, 'cohere-like'],
    [
      '/rerank',
      { query, documents: [{ id: 'x', text: 'a' }] },
      { 'x-pinecone-api-version': '1' },
      'pinecone',
    ],
    ['/rerank', { query, documents: [{ id: 'x', text: 'a' }] }, { 'api-key': 'K' }, 'native'],
  ])('%s %j %j is of %4$s', (path, body, headers, expected) => {
    const found = dispatch({ path, headers, body, maxDocuments: 10 });
    expect(found === 'native' ? found : found.name).toBe(expected);
  });

  it('bedrock is the one of the path', () => {
    expect(dialectOf('bedrock', '/model/m/invoke')).toBe(dialectOf('bedrock-invoke', '/rerank'));
    expect(dialectOf('bedrock', '/rerank')).not.toBe(dialectOf('bedrock-invoke', '/rerank'));
  });

  it.each([
    ['/v1/retrieval/nvidia/llama-nv/reranking', '/v1/reranking'],
    ['/ranking', '/v1/ranking'],
    ['/x/v1/inference/o/m', '/v1/inference/{org}/{model}'],
    ['/inference/v1/rerank', '/v1/rerank'],
    ['/v1/models/rerank', '/v1/rerank'],
  ])('%s counts under %s', async (path, endpoint) => {
    const { services } = await ask(path, CAPTURED.mixedbread.body);
    expect(services.counted[0]?.endpoint).toBe(endpoint);
  });
});
