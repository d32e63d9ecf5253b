import { describe, expect, it } from 'vitest';
import { PairSimilarities } from '../../src/ranking/pair-similarities.js';
import { dot } from '../../src/ranking/similarity.js';
import { randomUnit } from '../fixtures/memory.js';

describe('similarities of pairs', () => {
  it('are the products of each two vectors, in either order, to the last bit', () => {
    const vectors = Array.from({ length: 10 }, (_, seed) => randomUnit(seed, 192));
    const pairs = new PairSimilarities(vectors);
    const places = [...vectors.keys()];
    for (const a of places)
      for (const b of places) if (a !== b) expect(pairs.between(a, b)).toBe(dot(vectors[a], vectors[b]));
  });

  it('tell the largest of two different vectors', () => {
    const vectors = Array.from({ length: 6 }, (_, seed) => randomUnit(seed, 8));
    const products = vectors.flatMap((left, a) => vectors.slice(0, a).map((right) => dot(left, right)));
    expect(new PairSimilarities(vectors).largest).toBe(Math.max(...products));
  });

  it('tell −1 where there are no two', () => {
    expect(new PairSimilarities([]).largest).toBe(-1);
    expect(new PairSimilarities([randomUnit(1, 8)]).largest).toBe(-1);
  });
});
