import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AdaptiveMemory } from '../../src/namespaces/memory.js';
import type { QueryIdentity } from '../../src/namespaces/query-cells.js';
import {
  atCosine,
  identity,
  learn,
  NO_GUARD,
  newMemory,
  randomUnit,
  START_MS,
  shownList,
} from '../fixtures/memory.js';

const query = identity('query', atCosine(1));

function neighbours(memory: AdaptiveMemory, asked: QueryIdentity = query) {
  return memory.cells.neighbours(asked, memory.cells.search(asked, null));
}

/** A memory with a cell at each cosine to `query`, named `near 0`, `near 1` … */
function memoryAround(similarities: readonly number[], changes = {}) {
  const memory = newMemory(changes);
  similarities.forEach((similarity, i) => {
    // a document of its own each, so that none judges another
    learn(memory, identity(`near ${i}`, atCosine(similarity, 1 + i)), shownList([`a${i}`], [`a${i}`]));
  });
  return memory;
}

describe('AdaptiveMemory.neighbours', () => {
  it('property 12: gives the same text weight 1, whatever its key', () => {
    const memory = newMemory();
    learn(memory, identity('query', randomUnit(3)), shownList(['a'], ['a']));
    expect(neighbours(memory)).toMatchObject([{ sameText: true, weight: 1, similarity: 1 }]);
    expect(neighbours(memory, identity('query', null))).toMatchObject([{ sameText: true, weight: 1 }]);
  });

  it('property 12: gives others sqrt((s − τ)/(1 − τ)) times their trust of 2/3, and none below τ', () => {
    const [near, ...rest] = neighbours(memoryAround([0.85, 0.79]));
    expect(rest).toEqual([]);
    expect(near.similarity).toBeCloseTo(0.85, 6);
    expect(near.weight).toBeCloseTo(Math.sqrt((near.similarity - 0.8) / 0.2) * (2 / 3), 12);
    expect(near.trust).toBeCloseTo(2 / 3, 12);
  });

  it('property 12: weighs no less what is more alike', () => {
    const cosines = fc.array(fc.double({ min: 0.5, max: 1, noNaN: true }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(cosines, (similarities) => {
        const found = neighbours(memoryAround(similarities));
        const weights = found.map(({ weight }) => weight);
        expect(weights).toEqual([...weights].sort((left, right) => right - left));
        expect(weights.every((weight) => weight > 0 && weight <= 1)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('property 12: gives nothing to another text with another number or negation', () => {
    const memory = newMemory();
    const other = { ...identity('other', atCosine(0.99)), guard: { ...NO_GUARD, numbers: 'hash' } };
    learn(memory, other, shownList(['a'], ['a']));
    learn(memory, { ...identity('third', atCosine(0.98)), guard: { ...NO_GUARD, negations: 1 } }, []);
    expect(neighbours(memory)).toEqual([]);
    const same = { ...query, guard: { ...NO_GUARD, numbers: 'hash' } };
    expect(neighbours(memory, same).map(({ cell }) => cell.id)).toEqual(['other']);
    // the same text speaks whatever its guard
    expect(neighbours(memory, { ...identity('other'), key: null })).toHaveLength(1);
  });

  it('property 12: gives nothing to another text across encoder versions, and its own text stays known', () => {
    const memory = memoryAround([0.95]);
    const [{ cell }] = neighbours(memory);
    const changed = newMemory();
    changed.restore({
      state: null,
      cells: [{ ...cell, encoder: 'fake@v0', key: null, narrative: null, mass: 0 }],
      uses: [],
      documents: [],
    });
    expect(neighbours(changed)).toEqual([]);
    const own = identity('near 0', atCosine(0.95));
    expect(neighbours(changed, own)).toMatchObject([{ sameText: true, weight: 1 }]);
    // relearned: a key of this encoder, the evidence kept
    learn(changed, own, shownList(['a0']));
    expect(neighbours(changed)[0].cell).toMatchObject({ id: 'near 0', encoder: 'fake@v1', feedbacks: 2 });
    expect(neighbours(changed)[0].cell.documents.get('a0')).toMatchObject({ S: 1, W: 2 });
  });

  it('takes the eight nearest, or seven besides its own', () => {
    const memory = memoryAround([0.9, 0.99, 0.91, 0.92, 0.93, 0.94, 0.95, 0.96, 0.97, 0.98]);
    const ids = (asked: QueryIdentity) => neighbours(memory, asked).map(({ cell }) => cell.id);
    expect(ids(query)).toEqual([1, 9, 8, 7, 6, 5, 4, 3].map((i) => `near ${i}`));
    learn(memory, query, []);
    expect(ids(query)).toEqual(['query', ...[1, 9, 8, 7, 6, 5, 4].map((i) => `near ${i}`)]);
  });

  it('keeps the key a cell was made with', () => {
    const memory = newMemory();
    learn(memory, identity('cell', atCosine(1)), []);
    learn(memory, identity('cell', atCosine(0)), []);
    expect(neighbours(memory, identity('asker', atCosine(1)))).toHaveLength(1);
    expect(neighbours(memory, identity('asker', atCosine(0)))).toHaveLength(0);
  });

  it('finds by vector, once it is known, a cell that was made without a key', () => {
    const memory = newMemory();
    learn(memory, identity('cell', null), shownList(['a']));
    learn(memory, identity('cell', atCosine(0.9)), []);
    expect(neighbours(memory)[0].cell.documents.get('a')).toMatchObject({ W: 1 });
  });
});

describe('AdaptiveMemory.search', () => {
  it('property 20: answers what is remembered, unchanged, while no cell came or went', () => {
    const memory = memoryAround([0.9, 0.95]);
    const first = memory.cells.search(query, null);
    expect(memory.cells.search(query, first)).toBe(first);
    learn(memory, identity('near 0', atCosine(0.9)), shownList(['b'], ['b']), { now: START_MS + 1 });
    expect(memory.cells.search(query, first)).toBe(first);
  });

  it('property 20: adds newer cells to what is remembered, and forgets those that went', () => {
    const memory = memoryAround([0.9, 0.95], { cells: 3 });
    const first = memory.cells.search(query, null);
    learn(memory, identity('far', atCosine(0)), shownList(['a', 'b']));
    const second = memory.cells.search(query, first);
    expect(second.matches).toBe(first.matches);
    // a fourth cell pushes out `near 0`, whose exposure is least and which is the oldest by id
    learn(memory, identity('new', atCosine(0.99, 5)), shownList(['a', 'b']));
    const third = memory.cells.search(query, second);
    expect(third.matches.map(({ value }) => value)).toEqual(['new', 'near 1']);
    expect(third).toEqual(memory.cells.search(query, null));
  });

  it('remembers the same as a fresh search gives, after any learning', () => {
    const cosine = fc.option(fc.double({ min: 0.6, max: 1, noNaN: true }));
    const step = fc.record({ name: fc.nat(12), cosine });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25, size: 'max' }), (steps) => {
        const memory = newMemory({ cells: 6 });
        let known = memory.cells.search(query, null);
        for (const { name, cosine: near } of steps) {
          const key = near === null ? null : atCosine(near, 1 + name);
          learn(memory, identity(`cell ${name}`, key), shownList(['a']));
          known = memory.cells.search(query, known);
          expect(known).toEqual(memory.cells.search(query, null));
        }
      }),
      { numRuns: 50 },
    );
  });

  it('finds equally near cells in the same order, whichever came first', () => {
    const names = ['a', 'b', 'c', 'd'];
    const orders = [names, names.toReversed()].map((order) => {
      const memory = newMemory();
      for (const name of order) learn(memory, identity(name, atCosine(0.9)), []);
      return memory.cells.search(query, null).matches.map(({ value }) => value);
    });
    expect(orders).toEqual([names, names]);
  });
});
