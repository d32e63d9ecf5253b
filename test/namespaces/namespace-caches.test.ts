import { expect, it } from 'vitest';
import { NamespaceCaches } from '../../src/namespaces/namespace-caches.js';
import { QueryMemo } from '../../src/namespaces/query-memo.js';
import { createCombinedScorer } from '../../src/scorers/combine.js';
import { withFallback } from '../../src/scorers/fallback.js';
import { PairHome } from '../fixtures/pair-home.js';
import { newScorer, ScoringNamespace } from '../fixtures/scoring.js';

async function open() {
  const home = new PairHome();
  const parts = [home.scorer, newScorer('lexical')].map((scorer) => ({ scorer, weight: 0.5, learns: false }));
  const scorer = withFallback(createCombinedScorer(parts), { spare: newScorer('lexical') });
  const namespace = new ScoringNamespace(scorer, { pairBytes: 1e6, textBytes: 1e6 });
  const caches = new NamespaceCaches(namespace.texts, new QueryMemo(4, 1000), namespace.scorer);
  for (let query = 0; query < 50; query++) await namespace.answer(`${query}`, ['1 wing', '2 lift']);
  return { home, namespace, caches };
}

it('makes room of a tenth at least, and of no more scores of a model than it takes', async () => {
  const { home, caches } = await open();
  const { bytes } = caches;
  caches.trim(1);
  expect(caches.bytes).toBeLessThanOrEqual(0.9 * bytes);
  expect(home.evicted).toBeLessThan(30);
  caches.trim(caches.bytes / 2);
  expect(home.evicted).toBeGreaterThan(40);
  expect(home.evicted).toBeLessThan(70);
  caches.trim(caches.bytes);
  expect([caches.bytes, home.evicted]).toEqual([0, 100]);
});

it('forgets all without counting it as making room', async () => {
  const { home, caches } = await open();
  caches.clear();
  expect([caches.bytes, home.evicted]).toEqual([0, 0]);
});
