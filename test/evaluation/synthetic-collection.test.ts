import { expect, it } from 'vitest';
import { mean, ndcg } from '../../src/evaluation/ndcg.js';
import { syntheticCollection } from '../fixtures/collection.js';

it('is the same for the same seed and another for another', () => {
  expect(syntheticCollection({ seed: 4 })).toEqual(syntheticCollection({ seed: 4 }));
  expect(syntheticCollection({ seed: 4 }).queries).not.toEqual(syntheticCollection({ seed: 5 }).queries);
});

it('gives the wordings of a need the same judgements, and candidates that include other needs', () => {
  const { queries } = syntheticCollection();
  const wordings = queries.filter(({ group }) => group === 'need3');
  expect(wordings).toHaveLength(6);
  for (const query of wordings) {
    expect(query.judgements).toEqual(wordings[0]!.judgements);
    expect(query.candidates).toHaveLength(30);
    expect(query.candidates.some(({ id }) => !id.startsWith('d3-'))).toBe(true);
  }
});

it('leaves room above the order it comes in', () => {
  const { queries } = syntheticCollection();
  const input = mean(
    queries.map((query) =>
      ndcg(
        query.candidates.map(({ id }) => id),
        query.judgements,
      ),
    ),
  );
  const reachable = queries.filter((query) =>
    [...query.judgements.keys()].every((id) => query.candidates.some((candidate) => candidate.id === id)),
  );
  expect(input).toBeGreaterThan(0.2);
  expect(input).toBeLessThan(0.6);
  expect(reachable.length / queries.length).toBeGreaterThan(0.9);
});
