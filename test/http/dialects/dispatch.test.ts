import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dispatch } from '../../../src/http/dialects/dispatch.js';
import { FOREIGN_FIELDS, NATIVE_FIELDS } from '../../../src/http/dialects/native-marks.js';
import { DIALECT_NAMES, dialectOf } from '../../../src/http/dialects/registry.js';
import type { JsonObject } from '../../../src/http/schemas/issues.js';
import { ask } from './asking.js';
import { SECOND_TIER } from './second-tier.js';

const query = 'q';
const strings = ['a'];
const objects = [{ text: 'a' }];
const withIds = [{ id: 'x', text: 'a' }];

function spoken(path: string, body: JsonObject, headers: Record<string, string> = {}): string {
  const found = dispatch({ path, headers, body, maxDocuments: 10 });
  return found === 'native' ? found : found.name;
}

/** path, body, headers, whose it is */
const CASES: [string, JsonObject, Record<string, string>, string][] = [
  ['/rerank', { query, texts: strings }, {}, 'tei'],
  ['/v2/rerank', { query, texts: strings }, {}, 'tei'],
  ['/rerank', { query, texts: strings, documents: strings }, {}, 'tei'],
  ['/rerank', { query, texts: strings, documents: strings, model: 'm' }, {}, 'cohere-like'],
  ['/v1/rerank', { query, texts: strings, documents: strings, top_n: 1 }, {}, 'cohere-like'],
  ['/v1/rerank', { query, texts: strings, documents: strings, return_documents: false }, {}, 'cohere-like'],
  ['/rerank', { query, texts: strings, documents: withIds, top_n: 1 }, {}, 'cohere-like'],
  ['/v1/rerank', { query, texts: strings, documents: strings, model: 'rerank-2' }, {}, 'cohere-like'],
  ['/', { query, documents: strings }, {}, 'tei'],
  ['/invocations', { query, documents: strings }, {}, 'tei'],
  ['/v1/rerank', { query, texts: null, documents: strings }, {}, 'cohere-like'],
  ['/v2/rerank', { query, documents: strings }, {}, 'cohere-v2'],
  ['/x/v2/rerank', { query, documents: withIds, explain: true }, {}, 'cohere-v2'],
  ['/rerank', { query, documents: withIds }, {}, 'native'],
  ['/rerank', { query, documents: withIds, top_n: 1 }, {}, 'native'],
  ['/v1/rerank', { query, documents: withIds }, {}, 'cohere-like'],
  ['/api/rerank', { query, documents: withIds }, {}, 'cohere-like'],
  ['/v1/rerank', { query, documents: objects, top_k: 1 }, {}, 'native'],
  ['/rerank', { query }, {}, 'native'],
  ['/rerank', { query, documents: [] }, {}, 'native'],
  ['/v1/rerank', { query, documents: [] }, {}, 'cohere-like'],
  ['/rerank', { query, documents: [], model: 'm' }, {}, 'cohere-like'],
  ['/rerank', { query, documents: strings }, {}, 'cohere-like'],
  ['/rerank', { query, documents: objects }, {}, 'cohere-like'],
  ['/rerank', { query, documents: strings }, { 'x-fern-sdk-name': 'voyageai' }, 'voyage'],
  ['/rerank', { query, documents: strings }, { 'user-agent': 'voyageai/0.4.0' }, 'voyage'],
  ['/v1/rerank', { query, documents: strings }, { 'user-agent': 'ai-sdk/voyage/1.0.14 x' }, 'voyage'],
  ['/v1/rerank', { query, documents: strings, top_k: 1 }, {}, 'voyage'],
  ['/v1/rerank', { query, documents: strings, truncation: false }, {}, 'voyage'],
  ['/v1/rerank', { query, documents: strings, truncation: 'x' }, {}, 'cohere-like'],
  ['/v1/rerank', { query, documents: strings, model: 'rerank-lite-1' }, {}, 'voyage'],
  ['/v1/rerank', { query, documents: strings, model: 'rerank-2' }, {}, 'voyage'],
  ['/v1/rerank', { query, documents: strings, model: 'rerank-v3.5' }, {}, 'cohere-like'],
  ['/v1/rerank', { query, documents: strings, model: 'rerank-english-v2.0' }, {}, 'cohere-like'],
  ['/rerank', { query, documents: strings, raw_scores: false }, {}, 'infinity'],
  ['/rerank', { query, documents: strings, raw_scores: null }, {}, 'cohere-like'],
  ['/v1/reranking', { query, documents: strings }, {}, 'cohere-like'],
];

describe('whose request it is', () => {
  it.each(CASES)('%s %j %j', (path, body, headers, expected) => {
    expect(spoken(path, body, headers)).toBe(expected);
  });

  it('a field of another API is never native, whatever else is there', () => {
    const native = fc.dictionary(fc.constantFrom(...NATIVE_FIELDS, 'top_k'), fc.constantFrom(0, true, 'x'));
    const documents = fc.constantFrom<unknown>(withIds, objects, strings, [], null, [{ score: 1 }]);
    const path = fc.constantFrom('/rerank', '/v1/rerank', '/reranking');
    fc.assert(
      fc.property(
        path,
        native,
        documents,
        fc.constantFrom(...FOREIGN_FIELDS),
        (where, fields, list, field) => {
          expect(spoken(where, { query, documents: list, ...fields, [field]: true })).not.toBe('native');
        },
      ),
    );
  });

  it('a native field alone makes a request native on every path but that of Cohere v2', () => {
    const path = fc.constantFrom('/rerank', '/v1/rerank', '/x/reranks');
    const documents = fc.constantFrom<unknown>(withIds, objects, strings, []);
    fc.assert(
      fc.property(path, documents, fc.constantFrom(...NATIVE_FIELDS), (where, list, field) => {
        expect(spoken(where, { query, documents: list, [field]: false })).toBe('native');
        expect(spoken('/v2/rerank', { query, documents: list, [field]: false })).toBe('cohere-v2');
      }),
    );
  });

  it('JSON null is as good as nothing', () => {
    const fields = ['model', 'top_n', 'top_k', 'texts', 'truncation', 'raw_scores', ...NATIVE_FIELDS];
    const documents = fc.constantFrom<unknown>(withIds, objects, strings, []);
    fc.assert(
      fc.property(
        documents,
        fc.subarray(fields),
        fc.constantFrom('/rerank', '/v1/rerank'),
        (list, some, path) => {
          const nulls = Object.fromEntries(some.map((field) => [field, null]));
          expect(spoken(path, { query, documents: list, ...nulls })).toBe(
            spoken(path, { query, documents: list }),
          );
        },
      ),
    );
  });
});

describe('who names the dialect', () => {
  it('is believed, by prefix or header, on every path that ranks', async () => {
    const captured = new Map<string, object>(SECOND_TIER.map(([name, { body }]) => [name, body]));
    for (const name of DIALECT_NAMES) {
      const field = name === 'tei' ? 'texts' : 'documents';
      const body = captured.get(name) ?? { query, [field]: name === 'native' ? withIds : strings };
      const expected = dialectOf(name, '/v1/rerank');
      const byPath = await ask(`/${name}/v1/rerank`, body);
      const byHeader = await ask('/v1/rerank', body, { 'X-NeuralCache-Dialect': name });
      expect([name, byPath.status, byHeader.status]).toEqual([name, 200, 200]);
      const shape = (asked: typeof byPath) => Object.keys(asked.body);
      expect([name, shape(byHeader)]).toEqual([name, shape(byPath)]);
      expect(expected).toBeDefined();
    }
  });

  it('cohere is the version of the path', () => {
    const name = (path: string) => {
      const found = dialectOf('cohere', path);
      return typeof found === 'object' && found.name;
    };
    expect([name('/v2/rerank'), name('/v1/rerank'), name('/rerank')]).toEqual([
      'cohere-v2',
      'cohere-v1',
      'cohere-v1',
    ]);
  });

  it('a namespace stands in front of the dialect, and a header works in all', async () => {
    const body = { query, documents: strings };
    const byPath = await ask('/ns/shop/jina/v1/rerank', body);
    expect(byPath.services.ranked[0]?.namespace).toBe('shop');
    const byHeader = await ask('/voyage/v1/rerank', body, { 'X-NeuralCache-Namespace': 'shop' });
    expect(byHeader.services.ranked[0]?.namespace).toBe('shop');
    const both = await ask('/ns/shop/jina/v1/rerank', body, { 'X-NeuralCache-Namespace': 'other' });
    expect([both.status, both.body]).toEqual([400, { detail: 'Invalid namespace' }]);
  });

  it.each([
    '/klingon/rank',
    '/jina',
    '/jina/v1',
    '/reranker',
    '/v1/xrerank',
    '/a/../v1/rerank',
    '/%2e%2E/rerank',
  ])('%s is no path that ranks', async (path) => {
    const { status, services } = await ask(path, { query, documents: strings });
    expect([status, services.counted[0]?.endpoint]).toEqual([404, 'other']);
  });
});
