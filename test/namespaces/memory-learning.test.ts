import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.js';
import type { AdaptiveMemory } from '../../src/namespaces/memory.js';
import { examinationProbability } from '../../src/ranking/examination.js';
import {
  atCosine,
  cellOf,
  identity,
  learn,
  NO_GUARD,
  newMemory,
  randomUnit,
  START_MS,
  shownList,
} from '../fixtures/memory.js';

const query = identity('query', atCosine(1));

describe('prepare', () => {
  it('changes nothing until it is applied', () => {
    const memory = newMemory();
    learn(memory, query, shownList(['a'], ['a']));
    const before = structuredClone({ cell: cellOf(memory, 'query'), state: memory.snapshot });
    const prepared = memory.prepare(
      identity('new', atCosine(0.9)),
      shownList(['a', 'b'], ['b']),
      1,
      START_MS,
    );
    expect(memory.size).toBe(1);
    expect({ cell: cellOf(memory, 'query'), state: memory.snapshot }).toEqual(before);
    prepared.apply();
    expect(memory.size).toBe(2);
    expect(memory.snapshot).toEqual(prepared.state);
  });

  it('writes the cell, its use, the documents and whoever’s trust it touches', () => {
    const memory = newMemory();
    learn(memory, identity('near', atCosine(0.9)), shownList(['a'], ['a']));
    const { changes } = memory.prepare(query, shownList(['a', 'b'], ['b']), 1, START_MS);
    const names = changes.map((change) =>
      'put' in change ? `${change.put.kind} ${change.put.key}` : change,
    );
    expect(names).toEqual(['cell query', 'meta use/near', 'meta use/query', 'document a', 'document b']);
  });
});

describe('trust of a neighbour', () => {
  const trust = (memory: AdaptiveMemory) =>
    memory.cells.neighbours(query, memory.cells.search(query, null)).find(({ cell }) => cell.id === 'near')
      ?.trust;
  const near = () => {
    const memory = newMemory();
    learn(memory, identity('near', atCosine(0.9)), shownList(['a', 'passed'], ['a']));
    return memory;
  };

  it('starts at 2/3, rises when what it vouches for is chosen, falls when it is passed over', () => {
    const right = near();
    expect(trust(right)).toBeCloseTo(2 / 3, 12);
    learn(right, query, shownList(['b', 'a'], ['a']));
    expect(trust(right)).toBeCloseTo(3 / 4, 12);
    const wrong = near();
    learn(wrong, query, shownList(['b', 'a'], ['b']));
    expect(trust(wrong)).toBeCloseTo(2 / 4, 12);
  });

  it('is not touched where nothing was chosen, or it vouches for nothing shown', () => {
    const memory = near();
    learn(memory, query, shownList(['b', 'a']));
    learn(memory, query, shownList(['b', 'a'], ['b']), { success: 0.4 });
    learn(memory, query, shownList(['b', 'passed'], ['b']));
    expect(trust(memory)).toBeCloseTo(2 / 3, 12);
  });

  it('is not touched by its own text, a guarded one, or one below τ', () => {
    const memory = near();
    learn(memory, identity('near', atCosine(0.9)), shownList(['b', 'a'], ['b']));
    learn(memory, { ...query, guard: { ...NO_GUARD, negations: 1 } }, shownList(['b', 'a'], ['b']));
    learn(memory, identity('far', atCosine(0)), shownList(['b', 'a'], ['b']));
    expect(trust(memory)).toBeCloseTo(2 / 3, 12);
  });
});

describe('property 7: order of feedbacks', () => {
  it('does not matter to S, W and n of different cells', () => {
    const feedback = fc.record({
      cell: fc.constantFrom('one', 'two', 'three'),
      selected: fc.subarray(['a', 'b', 'c']),
      success: fc.constantFrom(0, 0.5, 1),
    });
    const keys = { one: atCosine(1), two: atCosine(0.9), three: atCosine(0.95) };
    fc.assert(
      fc.property(fc.array(feedback, { maxLength: 12 }), (feedbacks) => {
        const evidence = (order: typeof feedbacks) => {
          const memory = newMemory();
          for (const { cell, selected, success } of order)
            learn(memory, identity(cell, keys[cell]), shownList(['a', 'b', 'c'], selected), { success });
          return Object.keys(keys).map((id) => {
            const cell = cellOf(memory, id);
            return { documents: cell?.documents, mass: cell?.mass, feedbacks: cell?.feedbacks };
          });
        };
        // other cells first or last, each cell's own feedbacks in their order
        const byCell = [...feedbacks].sort((left, right) => left.cell.localeCompare(right.cell));
        expect(evidence(byCell)).toEqual(evidence(feedbacks));
      }),
      { numRuns: 50 },
    );
  });
});

describe('β', () => {
  it('stays 4 until the 200th feedback and is learned again at every 200th', () => {
    const memory = newMemory();
    const seen = new Set<number>();
    for (let i = 1; i <= 401; i++) {
      learn(
        memory,
        identity(`query ${i % 5}`, randomUnit(i % 5)),
        shownList(['a', 'b'], i < 300 ? ['b'] : ['a']),
      );
      seen.add(memory.beta);
      if (i === 199) expect([...seen]).toEqual([4]);
      if (i === 200) expect(seen.size).toBe(2);
    }
    expect(seen.size).toBe(3);
  });

  /** 1000 feedbacks over 50 queries: attention falls with rank; `rate` says how likely what is seen is chosen. */
  function after1000(rate: (document: number) => number): number {
    const memory = newMemory();
    const random = seededRandom(9);
    for (let i = 0; i < 1000; i++) {
      const documents = Array.from({ length: 10 }, (_, d) => (d + i) % 10);
      const chosen = documents.filter(
        (d, index) => random.next() < examinationProbability(index + 1, 1) && random.next() < rate(d),
      );
      const shown = shownList(documents.map(String), chosen.map(String));
      learn(memory, identity(`query ${i % 50}`, randomUnit(i % 50)), shown);
    }
    return memory.beta;
  }

  it('property 13: is at most 15 after 1000 informative feedbacks', () => {
    expect(after1000((document) => (document < 3 ? 0.9 : 0.1))).toBeLessThanOrEqual(15);
  });

  it('property 13: is at least 50 after 1000 near-random ones', () => {
    expect(after1000(() => 0.5)).toBeGreaterThanOrEqual(50);
  });
});
