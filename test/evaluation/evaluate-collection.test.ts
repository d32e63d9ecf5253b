import { describe, expect, it } from 'vitest';
import type { Collection, CollectionQuery } from '../../src/evaluation/collection.js';
import { evaluateCollection } from '../../src/evaluation/evaluate-collection.js';
import { TallyingService } from '../fixtures/tallying-service.js';

function query(id: string, documents: readonly string[], relevant: readonly string[]): CollectionQuery {
  return {
    id,
    text: `text of ${id}`,
    candidates: documents.map((document) => ({ id: document, text: document })),
    judgements: new Map(relevant.map((document) => [document, 1])),
  };
}

const COLLECTION: Collection = {
  name: 'tiny',
  queries: [
    query('first', ['a', 'b'], ['a']), // 1 as it stands, 1/log2(3) reversed
    query('second', ['a', 'b'], ['b']), // 1/log2(3) as it stands, 1 reversed
    query('nothing to rank', [], ['a']), // 0
    query('nobody judged', ['a', 'b'], []), // left out
  ],
};
const SECOND = 1 / Math.log2(3);
const OPTIONS = { order: 'candidates', seed: 1 } as const;

describe('evaluateCollection', () => {
  it('averages over judged queries and counts one without candidates as 0', async () => {
    const report = await evaluateCollection(new TallyingService(), COLLECTION, OPTIONS);
    expect(report).toEqual({
      collection: 'tiny',
      scorer: 'tally',
      order: 'candidates',
      queries: 3,
      withoutCandidates: 1,
      unjudged: 1,
      input: (1 + SECOND) / 3,
      cold: (1 + SECOND) / 3,
      learning: (1 + SECOND) / 3,
    });
  });

  it('learns in one namespace and leaves the other as cold as it was', async () => {
    // This base turns round once it learned from a request: the second query gains, and only in the learning namespace.
    const report = await evaluateCollection(new TallyingService({ reversedAfter: 1 }), COLLECTION, OPTIONS);
    expect(report.cold).toBeCloseTo((1 + SECOND) / 3, 12);
    expect(report.learning).toBeCloseTo((1 + 1) / 3, 12);
  });

  it('asks for relevance alone: ten results, lambda 1, gate off, no scores, no feedback', async () => {
    const service = new TallyingService();
    await evaluateCollection(service, COLLECTION, OPTIONS);
    for (const { request } of service.asked) {
      expect(request).toMatchObject({ topK: 10, mmrLambda: 1, gate: { mode: 'off' } });
      for (const candidate of request.candidates) expect(candidate).not.toHaveProperty('score');
    }
    expect(service.asked).toHaveLength(4);
    expect(service.told).toEqual([]);
  });

  it('drops its namespaces, also when the service fails', async () => {
    const service = new TallyingService();
    service.rerank = () => Promise.reject(new Error('no model'));
    await expect(evaluateCollection(service, COLLECTION, OPTIONS)).rejects.toThrow('no model');
    expect(service.dropped.toSorted()).toEqual(['evaluate-cold', 'evaluate-learning']);
  });

  it('shuffles each query by its id and the seed, whatever stands around it', async () => {
    const documents = Array.from({ length: 20 }, (_, index) => `d${index}`);
    const many = { name: 'many', queries: ['x', 'y', 'z'].map((id) => query(id, documents, ['d0'])) };
    const orders = async (collection: Collection, seed: number) => {
      const service = new TallyingService();
      await evaluateCollection(service, collection, { order: 'shuffled', seed });
      return new Map(
        service.asked.map(({ request }) => [request.query, request.candidates.map(({ id }) => id)]),
      );
    };
    const all = await orders(many, 1);
    const alone = await orders({ ...many, queries: many.queries.slice(2) }, 1);
    expect(alone.get('text of z')).toEqual(all.get('text of z'));
    expect(all.get('text of x')).not.toEqual(all.get('text of y'));
    expect((await orders(many, 2)).get('text of z')).not.toEqual(all.get('text of z'));
    expect(all.get('text of z')!.toSorted()).toEqual(documents.toSorted());
  });

  it('takes only the first queries when limited, and tells how far it is', async () => {
    const shares: number[] = [];
    const report = await evaluateCollection(new TallyingService(), COLLECTION, {
      ...OPTIONS,
      limit: 2,
      onProgress: (share) => shares.push(share),
    });
    expect(report.queries).toBe(2);
    expect(shares).toEqual([0.5, 1]);
  });
});
