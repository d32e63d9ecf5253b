import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FOREIGN_FIELDS,
  isNative,
  NATIVE_DOCUMENT_FIELDS,
  NATIVE_FIELDS,
} from '../../src/http/dialects/native-marks.js';
import type { JsonObject } from '../../src/http/schemas/issues.js';
import { harness } from './harness.js';

const query = 'q';
const withIds = [{ id: 'a', text: 't' }];
const withoutIds = [{ text: 't' }];
const strings = ['t'];

/** title, body, native on /rerank, native on /v1/rerank */
const CASES: [string, JsonObject, boolean, boolean][] = [
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
  ['sources alone mean nothing', { query, documents: withIds, sources: [] }, true, false],
  ['input beside documents', { query, input: 1, documents: withIds }, true, false],
  ['unknown fields say nothing', { query, documents: withoutIds, user: 'u' }, false, false],
  [
    'inherited names say nothing',
    JSON.parse('{"documents":[{"text":"t"}],"__proto__":{"explain":true}}'),
    false,
    false,
  ],
];

describe('native or not', () => {
  it.each(CASES)('%s', (_title, body, onRerank, onVersioned) => {
    expect(isNative(body, '/rerank')).toBe(onRerank);
    expect(isNative(body, '/v1/rerank')).toBe(onVersioned);
  });

  it.each(NATIVE_FIELDS)('%s marks a request as native on both paths', (field) => {
    const body = { query, documents: strings, [field]: 0 };
    expect(isNative(body, '/rerank')).toBe(true);
    expect(isNative(body, '/v1/rerank')).toBe(true);
  });

  it.each(NATIVE_DOCUMENT_FIELDS)('a document with %s marks a request as native on both paths', (field) => {
    const body = { query, documents: ['t', { text: 't', [field]: 0 }] };
    expect(isNative(body, '/rerank')).toBe(true);
    expect(isNative(body, '/v1/rerank')).toBe(true);
  });

  it.each(FOREIGN_FIELDS)('%s makes any request foreign', (field) => {
    const body = { query, documents: [{ id: 'a', text: 't', score: 1 }], explain: true, [field]: 'x' };
    for (const path of ['/rerank', '/v1/rerank']) expect(isNative(body, path)).toBe(false);
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
        if (isNative(body, '/v1/rerank')) expect(isNative(body, '/rerank')).toBe(true);
      }),
    );
  });
});

describe('a request that may be native', () => {
  it('is with a native field on /v1/rerank, also below a namespace', async () => {
    const { client, services } = harness();
    const native = await client.post('/v1/rerank').send({ query, documents: withIds, top_k: 1 });
    expect(native.body.results[0]).toMatchObject({ id: 'a', score: 0 });
    const other = await client.post('/ns/shop/v1/rerank').send({ query, documents: withIds });
    expect(other.body.results).toEqual([{ index: 0, relevance_score: 0 }]);
    const below = await client.post('/ns/shop/v1/rerank').send({ query, documents: withIds, top_k: 1 });
    expect(below.body.meta.namespace).toBe('shop');
    expect(services.ranked.map(({ namespace }) => namespace)).toEqual(['default', 'shop', 'shop']);
  });

  it('is where X-NeuralCache-Dialect or the path says so', async () => {
    const { client } = harness();
    const body = { query, documents: withIds, model: 'm' };
    const byHeader = await client.post('/v1/rerank').set('X-NeuralCache-Dialect', 'native').send(body);
    const byPath = await client.post('/native/v2/rerank').send(body);
    for (const { body } of [byHeader, byPath]) expect(body.meta.scorer).toBe('fake');
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
