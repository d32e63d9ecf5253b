import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dot } from '../../src/ranking/similarity.js';
import { FlatIndex } from '../../src/vectors/flat.js';
import { randomUnit } from '../fixtures/memory.js';

const EVERYTHING = -2;
const found = (index: FlatIndex<string>, vector: Float32Array, minimum = EVERYTHING, since = 0) =>
  index
    .search(vector, minimum, since)
    .map(({ value }) => value)
    .sort();

describe('FlatIndex', () => {
  it('finds what is at least as similar as asked', () => {
    const index = new FlatIndex<string>(2);
    index.add(Float32Array.of(1, 0), 'same');
    index.add(Float32Array.of(0.6, 0.8), 'near');
    index.add(Float32Array.of(-1, 0), 'opposite');
    expect(found(index, Float32Array.of(1, 0), 0.59)).toEqual(['near', 'same']);
    expect(index.search(Float32Array.of(1, 0), 1, 0)).toEqual([{ value: 'same', similarity: 1 }]);
  });

  it('copies the vectors it is given', () => {
    const index = new FlatIndex<string>(2);
    const vector = Float32Array.of(1, 0);
    index.add(vector, 'a');
    vector[0] = -1;
    expect(found(index, Float32Array.of(1, 0), 0.9)).toEqual(['a']);
  });

  it('refuses another dimension', () => {
    expect(() => new FlatIndex<string>(2).add(new Float32Array(3), 'a')).toThrow(RangeError);
  });

  it('replaces the vector of a value it holds', () => {
    const index = new FlatIndex<string>(2);
    index.add(Float32Array.of(1, 0), 'a');
    index.add(Float32Array.of(0, 1), 'a');
    expect(index.size).toBe(1);
    expect(found(index, Float32Array.of(0, 1), 0.9)).toEqual(['a']);
    expect(found(index, Float32Array.of(1, 0), 0.9)).toEqual([]);
  });

  it('numbers entries as they come, so that only newer ones are looked at', () => {
    const index = new FlatIndex<string>(2);
    index.add(Float32Array.of(1, 0), 'old');
    const { sequence } = index;
    expect(found(index, Float32Array.of(1, 0), EVERYTHING, sequence)).toEqual([]);
    index.add(Float32Array.of(1, 0), 'new');
    expect(found(index, Float32Array.of(1, 0), EVERYTHING, sequence)).toEqual(['new']);
  });

  it('counts removals, and none for what is not there', () => {
    const index = new FlatIndex<string>(2);
    index.add(Float32Array.of(1, 0), 'a');
    index.remove('b');
    expect(index.removals).toBe(0);
    index.remove('a');
    expect([index.removals, index.size]).toEqual([1, 0]);
  });

  it('holds the same as a plain list after any adding and removing, and knows what is newer', () => {
    const step = fc.record({ add: fc.boolean(), name: fc.integer({ min: 0, max: 8 }) });
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60, size: 'max' }),
        fc.integer(),
        fc.nat(30),
        (steps, seed, since) => {
          const index = new FlatIndex<string>(4);
          const list = new Map<string, { vector: Float32Array; number: number }>();
          steps.forEach(({ add, name }, at) => {
            const vector = randomUnit(seed + at, 4);
            if (add) index.add(vector, `${name}`);
            else index.remove(`${name}`);
            if (add) list.set(`${name}`, { vector, number: index.sequence });
            else list.delete(`${name}`);
          });
          const query = randomUnit(seed, 4);
          const expected = [...list]
            .filter(([, { number }]) => number > since)
            .map(([value, { vector }]) => ({ value, similarity: dot(query, vector) }));
          const byValue = (left: { value: string }, right: { value: string }) =>
            left.value < right.value ? -1 : 1;
          // Sums of the same products, perhaps in another order.
          const close = ({ value, similarity }: { value: string; similarity: number }) => ({
            value,
            similarity: expect.closeTo(similarity, 12),
          });
          expect(index.search(query, EVERYTHING, since).sort(byValue)).toEqual(
            expected.sort(byValue).map(close),
          );
          expect(index.size).toBe(list.size);
        },
      ),
      { numRuns: 300 },
    );
  });
});
