import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FOREIGN_FIELDS,
  NATIVE_DOCUMENT_FIELDS,
  NATIVE_FIELDS,
  nativeVerdict,
} from '../../src/http/native.js';
import { harness } from './harness.js';

const query = 'q';
const withIds = [{ id: 'a', text: 't' }];
const withoutIds = [{ text: 't' }];
const strings = ['t'];

/** title, body, native on /rerank, native on /v1/rerank */
const CASES: [string, unknown, boolean, boolean][] = [
  ['documents with ids', { query, documents: withIds }, true, false],
  ['one id among documents without', { query, documents: [{ text: 't' }, ...withIds] }, true, false],
  ['a numeric id', { query, documents: [{ id: 7, text: 't' }] }, true, false],
  ['an empty id', { query, documents: [{ id: '', text: 't' }] }, true, false],
  ['an id that is null', { query, documents: [{ id: null, text: 't' }] }, false, false],
  ['objects without ids', { query, documents: withoutIds }, false, false],
  ['strings', { query, documents: strings }, false, false],
  ['a lone string', { query, documents: 't' }, false, false],
  ['a lone object', { query, documents: { id: 'a' } }, false, false],
  ['top_k with objects', { query, documents: withoutIds, top_k: 3 }, true, true],
  ['top_k with strings', { query, documents: strings, top_k: 3 }, false, false],
  ['top_k null with objects', { query, documents: withoutIds, top_k: null }, false, false],
  ['top_n with ids', { query, documents: withIds, top_n: 3 }, true, false],
  ['no documents field', { query }, true, false],
  ['documents null', { query, documents: null }, true, false],
  ['documents empty', { query, documents: [] }, true, false],
  ['documents empty with top_n', { query, documents: [], top_n: 3 }, false, false],
  ['documents empty with model', { query, documents: [], model: 'm' }, false, false],
  ['documents empty with a native field', { query, documents: [], explain: true }, true, true],
  ['a native field with strings', { query, documents: strings, mmr_lambda: 1 }, true, true],
  ['a native field that is null', { query, documents: withoutIds, mmr_lambda: null }, false, false],
  ['learn false is a mark, not an absence', { query, documents: withoutIds, learn: false }, true, true],
  ['a foreign field that is null', { query, documents: withIds, max_chunks_per_doc: null }, true, false],
  ['a foreign field that is false', { query, documents: withIds, return_documents: false }, false, false],
  ['foreign beats native fields', { query, documents: withIds, model: 'm', explain: true }, false, false],
  [
    'foreign beats native document fields',
    { documents: [{ id: 'a', score: 1 }], truncation: true },
    false,
    false,
  ],
  ['passages', { query: { text: 'q' }, passages: [{ text: 't' }] }, false, false],
  ['records', { query, records: [{ id: 'a', content: 't' }] }, false, false],
  ['sources and queries', { queries: [{}], sources: [{}] }, false, false],
  ['sources alone mean nothing', { query, documents: withIds, sources: [] }, true, false],
  ['texts', { query, texts: strings }, false, false],
  ['texts beside documents', { query, texts: strings, documents: withIds }, false, false],
  ['input without documents', { query, input: strings }, false, false],
  ['input beside documents', { query, input: 1, documents: withIds }, true, false],
  ['unknown fields say nothing', { query, documents: withoutIds, user: 'u' }, false, false],
  [
    'inherited names say nothing',
    JSON.parse('{"documents":[{"text":"t"}],"__proto__":{"explain":true}}'),
    false,
    false,
  ],
  ['a list', [], true, false],
  ['a string', 'x', true, false],
  ['null', null, true, false],
];

describe('native or not', () => {
  it.each(CASES)('%s', (_title, body, onRerank, onVersioned) => {
    expect(nativeVerdict(body, false).native).toBe(onRerank);
    expect(nativeVerdict(body, true).native).toBe(onVersioned);
  });

  it.each(NATIVE_FIELDS)('%s marks a request as native on both paths', (field) => {
    const body = { query, documents: strings, [field]: 0 };
    expect(nativeVerdict(body, false).native).toBe(true);
    expect(nativeVerdict(body, true).native).toBe(true);
  });

  it.each(NATIVE_DOCUMENT_FIELDS)('a document with %s marks a request as native on both paths', (field) => {
    const body = { query, documents: ['t', { text: 't', [field]: 0 }] };
    expect(nativeVerdict(body, false).native).toBe(true);
    expect(nativeVerdict(body, true).native).toBe(true);
  });

  it.each(FOREIGN_FIELDS)('%s makes any request foreign and is named as the reason', (field) => {
    const body = { query, documents: [{ id: 'a', text: 't', score: 1 }], explain: true, [field]: 'x' };
    for (const versioned of [false, true]) {
      expect(nativeVerdict(body, versioned)).toEqual({ native: false, reason: 'foreign', field });
    }
  });

  it('a request native under /v1 is native without it, whatever the body', () => {
    const value = fc.constantFrom(null, 1, 'x', [], [{}], [{ id: 'a' }], ['t'], [{ id: 'a', score: 1 }]);
    const key = fc.constantFrom(
      'documents',
      'top_k',
      'top_n',
      'model',
      'explain',
      'texts',
      'input',
      'records',
    );
    fc.assert(
      fc.property(fc.dictionary(key, value), (body) => {
        if (nativeVerdict(body, true).native) expect(nativeVerdict(body, false).native).toBe(true);
      }),
    );
  });
});

describe('a request that is not native', () => {
  it('is refused with 422 in the native envelope, naming the field that decided', async () => {
    const { client, services } = harness();
    const response = await client.post('/rerank').send({ query, documents: withIds, model: 'rerank-v3' });
    expect(response.status).toBe(422);
    expect(response.body.error.code).toBe('VALIDATION_ERROR');
    expect(response.body.error.detail[0]).toMatchObject({ loc: ['model'], type: 'dialect_unsupported' });
    expect(services.ranked).toEqual([]);
  });

  it('is told on /v1/rerank that a native field is missing, and on /rerank that ids are', async () => {
    const { client } = harness();
    const versioned = await client.post('/v1/rerank').send({ query, documents: withIds });
    expect(versioned.status).toBe(422);
    expect(versioned.body.error.message).toContain('native field');
    const plain = await client.post('/rerank').send({ query, documents: strings });
    expect(plain.status).toBe(422);
    expect(plain.body.error.message).toContain("'id'");
  });

  it('a native field makes /v1/rerank answer, also below a namespace', async () => {
    const { client, services } = harness();
    expect((await client.post('/v1/rerank').send({ query, documents: withIds, top_k: 1 })).status).toBe(200);
    expect((await client.post('/ns/shop/v1/rerank').send({ query, documents: withIds })).status).toBe(422);
    expect(
      (await client.post('/ns/shop/v1/rerank').send({ query, documents: withIds, top_k: 1 })).status,
    ).toBe(200);
    expect(services.ranked.map(({ namespace }) => namespace)).toEqual(['default', 'shop']);
  });

  it('headers of other clients decide too, and X-NeuralCache-Dialect: native overrules all', async () => {
    const { client } = harness();
    const body = { query, documents: withIds };
    expect((await client.post('/rerank').set('X-Pinecone-Api-Version', '2025-01').send(body)).status).toBe(
      422,
    );
    expect((await client.post('/rerank').set('X-NeuralCache-Dialect', 'cohere').send(body)).status).toBe(422);
    const forced = await client.post('/v1/rerank').set('X-NeuralCache-Dialect', 'native').send(body);
    expect(forced.status).toBe(200);
  });

  it('a missing or numeric id on a native request is its 422', async () => {
    const { client } = harness();
    const missing = await client
      .post('/rerank')
      .send({ query, documents: [{ text: 't' }, { id: 'a', text: 't' }] });
    expect(missing.status).toBe(422);
    expect(missing.body.error.detail).toEqual([
      { loc: ['documents', 0, 'id'], msg: 'is required', type: 'missing' },
    ]);
    const numeric = await client
      .post('/v1/rerank')
      .send({ query, documents: [{ id: 7, text: 't' }], top_k: 1 });
    expect(numeric.body.error.detail[0]).toMatchObject({ loc: ['documents', 0, 'id'], type: 'string_type' });
  });
});
