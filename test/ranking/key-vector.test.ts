import { describe, expect, it } from 'vitest';
import { keyVector } from '../../src/ranking/key-vector.js';
import { dot } from '../../src/ranking/similarity.js';

const axis = (dimension: number, at: number) => {
  const vector = new Float32Array(dimension);
  vector[at] = 1;
  return vector;
};

describe('keyVector', () => {
  it('is the unit sum of the query and the centroid of its best results', () => {
    // unit(x0 + x1 / log2 3), then unit(query + that)
    const weight = 1 / Math.log2(3);
    const length = Math.hypot(1, weight);
    const expected = [1, 1 / length, weight / length].map((component) => component / Math.SQRT2);
    const key = keyVector(axis(3, 0), [axis(3, 1), axis(3, 2)]);
    [...(key ?? [])].forEach((component, i) => {
      expect(component).toBeCloseTo(expected[i], 6);
    });
    expect(dot(key ?? [], key ?? [])).toBeCloseTo(1, 6);
  });

  it('reads at most ten results', () => {
    const ten = Array.from({ length: 10 }, (_, j) => axis(16, j + 1));
    expect(keyVector(axis(16, 0), [...ten, axis(16, 15)])).toEqual(keyVector(axis(16, 0), ten));
    expect(keyVector(axis(16, 0), ten)).not.toEqual(keyVector(axis(16, 0), ten.slice(0, 9)));
  });

  it('is the query itself where there are no results, or none with a known piece', () => {
    expect([...(keyVector(axis(2, 1), []) ?? [])]).toEqual([0, 1]);
    expect([...(keyVector(axis(2, 1), [new Float32Array(2)]) ?? [])]).toEqual([0, 1]);
  });

  it('is null for a query with no known piece: results alone would make strangers meet', () => {
    expect(keyVector(new Float32Array(2), [axis(2, 0)])).toBeNull();
  });

  it('is null where query and results cancel out', () => {
    expect(keyVector(axis(2, 0), [Float32Array.of(-1, 0)])).toBeNull();
  });

  it('leaves its arguments as they are', () => {
    const query = axis(2, 0);
    const result = axis(2, 1);
    keyVector(query, [result]);
    expect([...query, ...result]).toEqual([1, 0, 0, 1]);
  });
});
