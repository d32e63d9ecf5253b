import { describe, expect, it } from 'vitest';
import { cacheHeaders, readCacheControl } from '../../src/http/cache-headers.js';
import type { RerankAnswer } from '../../src/reranker/request.js';
import { harness } from './harness.js';

type Pairs = RerankAnswer['pairs'];
const NONE: Pairs = { hits: 0, misses: 0, stale: 0, ageMs: undefined, isStored: true };
const status = (...pairs: Partial<Pairs>[]) =>
  cacheHeaders(pairs.map((some) => ({ pairs: { ...NONE, ...some } })));

describe('Cache-Status', () => {
  it.each([
    ['a hit only if nobody was asked', { hits: 50 }, 'NeuralCache; hit'],
    ['a hit of what is stale', { hits: 50, stale: 3 }, 'NeuralCache; hit; detail="3 stale"'],
    ['some', { hits: 48, misses: 2 }, 'NeuralCache; fwd=partial; detail="48/50"; stored'],
    ['none', { misses: 50 }, 'NeuralCache; fwd=miss; detail="0/50"; stored'],
    ['no-cache', { misses: 5, forward: 'request' }, 'NeuralCache; fwd=request; detail="0/5"; stored'],
    ['no-store', { misses: 5, forward: 'bypass', isStored: false }, 'NeuralCache; fwd=bypass; detail="0/5"'],
    ['expired', { hits: 1, misses: 4, forward: 'stale' }, 'NeuralCache; fwd=stale; detail="1/5"; stored'],
    ['asked in vain', { hits: 5, stale: 5, forward: 'stale' }, 'NeuralCache; fwd=stale; detail="5/5"'],
    [
      'a fallback that knew all',
      { hits: 5, forward: 'miss', isStored: false },
      'NeuralCache; fwd=miss; detail="5/5"',
    ],
    ['nothing to remember', {}, 'NeuralCache; fwd=bypass'],
  ] as const)('%s', (_, pairs, value) => {
    expect(status(pairs)).toEqual(['Cache-Status', value]);
  });

  it('of a batch is that of all its pairs', () => {
    expect(status({ hits: 3 }, { hits: 1, misses: 1, isStored: false })).toEqual([
      'Cache-Status',
      'NeuralCache; fwd=partial; detail="4/5"',
    ]);
    expect(status()).toEqual(['Cache-Status', 'NeuralCache; fwd=bypass']);
  });

  it('comes with the age of the oldest score, in whole seconds', () => {
    expect(status({ hits: 1, ageMs: 1999 }, { hits: 1, ageMs: 400 }).slice(2)).toEqual(['Age', '1']);
    expect(status({ hits: 1, ageMs: 0 }).slice(2)).toEqual(['Age', '0']);
  });
});

describe('request Cache-Control', () => {
  it.each([
    [undefined, undefined],
    ['', undefined],
    ['max-age=5, max-stale, no-transform', undefined],
    ['No-Cache', { noCache: true, noStore: false, onlyIfCached: false }],
    ['max-age=0 ,no-store', { noCache: false, noStore: true, onlyIfCached: false }],
    ['only-if-cached, no-cache="x"', { noCache: true, noStore: false, onlyIfCached: true }],
    ['ext="no-cache, no-store \\" only-if-cached"', undefined],
    ['ext=no-cache', undefined],
    ['x-no-cache', undefined],
    [',,;"', undefined],
  ])('%s', (header, control) => {
    expect(readCacheControl(header)).toEqual(control);
  });
});

describe('the rerank routes', () => {
  const body = { query: 'a', documents: [{ id: '1', text: 'a' }] };

  it('say what the cache did', async () => {
    const { client, services } = harness();
    services.pairs = { hits: 1, misses: 0, stale: 0, ageMs: 5000, isStored: true };
    for (const [path, sent] of [
      ['/rerank', body],
      ['/rerank/batch', [body, body]],
    ] as const) {
      const { headers } = await client.post(path).send(sent);
      expect([headers['cache-status'], headers.age]).toEqual(['NeuralCache; hit', '5']);
    }
  });

  it('pass on what the caller wants of it, for each request of a batch', async () => {
    const { client, services } = harness();
    await client.post('/rerank/batch').set('Cache-Control', 'no-cache').send([body, body]);
    await client.post('/rerank').send(body);
    expect(services.ranked.map(({ request }) => request.cacheControl?.noCache)).toEqual([
      true,
      true,
      undefined,
    ]);
  });
});
