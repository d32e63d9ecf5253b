import { describe, expect, it } from 'vitest';
import { BODY, documents, harness } from './harness.js';

const LIMITS = { maxTopK: 20, maxDocuments: 5, maxTextLength: 10 };
const doc = { id: 'a', text: 't' };
const one = (fields: object) => ({ query: 'q', documents: [{ ...doc, ...fields }] });
const raw = (json: string) => json;

/** title, body (a string is sent as it is), loc and type of the first issue */
const REFUSED: [string, object | string, (string | number)[], string][] = [
  ['a list as body', [], [], 'dict_type'],
  ['null as body', raw('null'), [], 'dict_type'],
  ['a number as body', raw('7'), [], 'dict_type'],
  ['a string as body', raw('"x"'), [], 'dict_type'],
  ['no query', { documents: [doc] }, ['query'], 'missing'],
  ['query null', { query: null, documents: [doc] }, ['query'], 'missing'],
  ['query a number', { query: 1, documents: [doc] }, ['query'], 'string_type'],
  ['query too long', { query: 'x'.repeat(11), documents: [doc] }, ['query'], 'string_too_long'],
  ['no documents', { query: 'q' }, ['documents'], 'missing'],
  ['documents an object', { query: 'q', documents: {}, top_k: 1, learn: true }, ['documents'], 'list_type'],
  ['too many documents', { query: 'q', documents: documents(6) }, ['documents'], 'too_long'],
  ['a string among documents', { query: 'q', documents: [doc, 'x'] }, ['documents', 1], 'dict_type'],
  ['a list among documents', { query: 'q', documents: [doc, []] }, ['documents', 1], 'dict_type'],
  ['null among documents', { query: 'q', documents: [doc, null] }, ['documents', 1], 'dict_type'],
  ['id missing', { query: 'q', documents: [doc, { text: 't' }] }, ['documents', 1, 'id'], 'missing'],
  ['id null', { query: 'q', documents: [doc, { id: null, text: 't' }] }, ['documents', 1, 'id'], 'missing'],
  ['id a number', one({ id: 3 }), ['documents', 0, 'id'], 'string_type'],
  ['id empty', one({ id: '' }), ['documents', 0, 'id'], 'string_too_short'],
  ['id too long', one({ id: 'x'.repeat(513) }), ['documents', 0, 'id'], 'string_too_long'],
  [
    'id with half a surrogate pair',
    raw('{"query":"q","documents":[{"id":"\\ud800","text":"t"}]}'),
    ['documents', 0, 'id'],
    'string_unicode',
  ],
  ['id twice', { query: 'q', documents: [doc, doc] }, ['documents', 1, 'id'], 'duplicate'],
  ['text missing', { query: 'q', documents: [{ id: 'a' }] }, ['documents', 0, 'text'], 'missing'],
  ['text a number', one({ text: 3 }), ['documents', 0, 'text'], 'string_type'],
  ['text too long', one({ text: 'x'.repeat(11) }), ['documents', 0, 'text'], 'string_too_long'],
  ['score a string', one({ score: '1' }), ['documents', 0, 'score'], 'float_type'],
  [
    'score infinite',
    raw('{"query":"q","documents":[{"id":"a","text":"t","score":1e999}]}'),
    ['documents', 0, 'score'],
    'finite_number',
  ],
  ['score huge', one({ score: 1e200 }), ['documents', 0, 'score'], 'finite_number'],
  ['top_k 0', { ...one({}), top_k: 0 }, ['top_k'], 'greater_than_equal'],
  ['top_k negative', { ...one({}), top_k: -1 }, ['top_k'], 'greater_than_equal'],
  ['top_k over the maximum', { ...one({}), top_k: 21 }, ['top_k'], 'less_than_equal'],
  ['top_k a fraction', { ...one({}), top_k: 1.5 }, ['top_k'], 'int_type'],
  ['top_k a string', { ...one({}), top_k: '3' }, ['top_k'], 'float_type'],
  ['top_k true', { ...one({}), top_k: true }, ['top_k'], 'float_type'],
  ['mmr_lambda above 1', { ...one({}), mmr_lambda: 1.01 }, ['mmr_lambda'], 'less_than_equal'],
  ['mmr_lambda below 0', { ...one({}), mmr_lambda: -0.01 }, ['mmr_lambda'], 'greater_than_equal'],
  [
    'mmr_lambda infinite',
    raw('{"query":"q","documents":[{"id":"a","text":"t"}],"mmr_lambda":1e999}'),
    ['mmr_lambda'],
    'finite_number',
  ],
  ['explain a string', { ...one({}), explain: 'yes' }, ['explain'], 'bool_type'],
  ['learn 0', { ...one({}), learn: 0 }, ['learn'], 'bool_type'],
  ['return_debug a string', { ...one({}), return_debug: 'x' }, ['return_debug'], 'bool_type'],
  ['gating_mode unknown', { ...one({}), gating_mode: 'fast' }, ['gating_mode'], 'literal_error'],
  ['gating_mode a list', { ...one({}), gating_mode: ['off'] }, ['gating_mode'], 'literal_error'],
  ['gating_threshold above 1', { ...one({}), gating_threshold: 2 }, ['gating_threshold'], 'less_than_equal'],
  [
    'gating_min_candidates 0',
    { ...one({}), gating_min_candidates: 0 },
    ['gating_min_candidates'],
    'greater_than_equal',
  ],
  [
    'gating_max_candidates a fraction',
    { ...one({}), gating_max_candidates: 2.5 },
    ['gating_max_candidates'],
    'int_type',
  ],
  [
    'gating bounds crossed',
    { ...one({}), gating_min_candidates: 9, gating_max_candidates: 3 },
    ['gating_max_candidates'],
    'greater_than_equal',
  ],
  [
    'gating_entropy_temp 0',
    { ...one({}), gating_entropy_temp: 0 },
    ['gating_entropy_temp'],
    'greater_than_equal',
  ],
  ['gating_overrides a list', { ...one({}), gating_overrides: [] }, ['gating_overrides'], 'dict_type'],
  [
    'a bad value in gating_overrides',
    { ...one({}), gating_overrides: { threshold: 'x' } },
    ['gating_overrides', 'threshold'],
    'float_type',
  ],
  [
    'query_embedding a string',
    { ...one({ embedding: [1] }), query_embedding: 'x' },
    ['query_embedding'],
    'list_type',
  ],
  [
    'query_embedding empty',
    { ...one({ embedding: [1] }), query_embedding: [] },
    ['query_embedding'],
    'too_short',
  ],
  [
    'too many dimensions',
    { ...one({}), query_embedding: Array(8193).fill(1) },
    ['query_embedding'],
    'too_long',
  ],
  [
    'a string in a vector',
    { ...one({ embedding: [1, '2'] }), query_embedding: [1, 2] },
    ['documents', 0, 'embedding', 1],
    'float_type',
  ],
  [
    'null in a vector',
    { ...one({ embedding: [null] }), query_embedding: [1] },
    ['documents', 0, 'embedding', 0],
    'float_type',
  ],
  [
    'infinity in a vector',
    raw('{"query":"q","query_embedding":[1e999],"documents":[]}'),
    ['query_embedding', 0],
    'finite_number',
  ],
  [
    'a huge number in a vector',
    { ...one({ embedding: [1e38] }), query_embedding: [1] },
    ['documents', 0, 'embedding', 0],
    'finite_number',
  ],
  [
    'a vector for the query only',
    { ...one({}), query_embedding: [1] },
    ['documents', 0, 'embedding'],
    'missing',
  ],
  ['vectors for documents only', one({ embedding: [1] }), ['query_embedding'], 'missing'],
  [
    'a vector missing',
    {
      query: 'q',
      query_embedding: [1],
      documents: [
        { ...doc, embedding: [1] },
        { id: 'b', text: 't' },
      ],
    },
    ['documents', 1, 'embedding'],
    'missing',
  ],
  [
    'mixed dimensions',
    { ...one({ embedding: [1, 2] }), query_embedding: [1] },
    ['documents', 0, 'embedding'],
    'dimension',
  ],
];

describe('a request that breaks a rule', () => {
  it.each(REFUSED)('%s is a 422 that says where', async (_title, body, loc, type) => {
    const { client, services } = harness(LIMITS);
    const response = await client
      .post('/rerank')
      .type('json')
      .send(typeof body === 'string' ? body : JSON.stringify(body));
    expect(response.status).toBe(422);
    expect(response.body.error.code).toBe('VALIDATION_ERROR');
    expect(response.body.error.detail[0]).toMatchObject({ loc, type });
    expect(response.body.error.detail[0].msg).toBeTypeOf('string');
    expect(services.ranked).toEqual([]);
  });

  it('all broken rules are listed', async () => {
    const { client } = harness();
    const body = { query: 1, documents: [{ id: '' }, { id: 'b', text: 't', score: 'x' }], top_k: 0 };
    const response = await client.post('/rerank').send(body);
    expect(response.body.error.detail.map(({ loc }: { loc: unknown[] }) => loc.join('.'))).toEqual([
      'query',
      'documents.0.id',
      'documents.0.text',
      'documents.1.score',
      'top_k',
    ]);
  });

  it('the list of broken rules is bounded', async () => {
    const { client } = harness();
    const bad = Array.from({ length: 128 }, () => ({ id: '' }));
    const response = await client.post('/rerank').send({ query: 'q', documents: bad });
    expect(response.body.error.detail).toHaveLength(50);
  });
});

describe('the largest that is allowed', () => {
  it('passes', async () => {
    const { client } = harness(LIMITS);
    const body = {
      query: 'q'.repeat(10),
      documents: documents(5),
      top_k: 20,
      mmr_lambda: 0,
      gating_threshold: 1,
    };
    body.documents[0] = { id: 'i'.repeat(512), text: 'x'.repeat(10) };
    expect((await client.post('/rerank').send(body)).status).toBe(200);
  });

  it('characters are code points, so emoji count once', async () => {
    const { client } = harness(LIMITS);
    expect((await client.post('/rerank').send(one({ text: '😀'.repeat(10) }))).status).toBe(200);
    expect((await client.post('/rerank').send(one({ text: '😀'.repeat(11) }))).status).toBe(422);
  });

  it('empty texts and an empty query pass, and unknown fields are ignored', async () => {
    const { client } = harness();
    const response = await client
      .post('/rerank')
      .send({ query: '', documents: [{ id: 'a', text: '', x: {} }], y: 1 });
    expect(response.status).toBe(200);
  });
});

describe('the gate of a request', () => {
  const gateOf = async (fields: object) => {
    const { client, services } = harness();
    expect((await client.post('/rerank').send({ ...BODY, ...fields })).status).toBe(200);
    return services.ranked[0]!.request.gate;
  };

  it('takes its own fields over gating_overrides over the defaults', async () => {
    const gate = await gateOf({
      gating_mode: 'on',
      gating_min_candidates: 2,
      gating_overrides: { mode: 'off', gating_max_candidates: 6, temperature: 2, unknown: 1 },
    });
    expect(gate).toEqual({ mode: 'on', threshold: 0.45, minCandidates: 2, maxCandidates: 6, temperature: 2 });
  });

  it('the default of a bound gives way to the bound that was given', async () => {
    expect(await gateOf({ gating_min_candidates: 100 })).toMatchObject({
      minCandidates: 100,
      maxCandidates: 100,
    });
    expect(await gateOf({ gating_max_candidates: 3 })).toMatchObject({ minCandidates: 3, maxCandidates: 3 });
  });
});
