import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AdaptiveMemory } from '../../src/namespaces/memory.js';
import { readCell, readUse, readWide, usedCell } from '../../src/namespaces/records.js';
import type { Change, Row } from '../../src/stores/store.js';
import {
  atCosine,
  cellOf,
  identity,
  learn,
  MEMORY_SETTINGS,
  newMemory,
  randomUnit,
  SHAPE,
  START_MS,
  shownList,
} from '../fixtures/memory.js';

const ids = (memory: AdaptiveMemory, names: readonly string[]) =>
  names.filter((name) => cellOf(memory, name));

/** What the store would hold after these changes. */
function applied(rows: Map<string, Row>, changes: readonly Change[]): void {
  for (const change of changes)
    if ('put' in change) rows.set(`${change.put.kind}/${change.put.key}`, change.put);
    else rows.delete(`${change.remove.kind}/${change.remove.key}`);
}

function restored(rows: Map<string, Row>, original: AdaptiveMemory, cells: number): AdaptiveMemory {
  const memory = newMemory({ cells });
  const stored = [...rows.values()];
  memory.restore({
    state: original.snapshot,
    cells: stored.filter(({ kind }) => kind === 'cell').map((row) => readCell(row, SHAPE)),
    uses: stored.flatMap((row) => {
      const cellId = usedCell(row);
      return cellId === null ? [] : [[cellId, readUse(row)] as const];
    }),
    documents: stored
      .filter(({ kind }) => kind === 'document')
      .map((row) => [row.key, readWide(row)] as const),
  });
  return memory;
}

describe('bounds of the memory', () => {
  it('property 15: keeps the cells with more evidence', () => {
    const memory = newMemory({ cells: 2 });
    learn(memory, identity('weak', randomUnit(1)), shownList(['a']));
    learn(memory, identity('strong', randomUnit(2)), shownList(['a', 'b', 'c']));
    learn(memory, identity('new', randomUnit(3)), shownList(['a', 'b']));
    expect(ids(memory, ['weak', 'strong', 'new'])).toEqual(['strong', 'new']);
  });

  it('property 15: compares evidence as decayed by now', () => {
    const memory = newMemory({ cells: 2 });
    learn(memory, identity('old', randomUnit(1)), shownList(['a', 'b', 'c']));
    const later = START_MS + 2 * MEMORY_SETTINGS.halfLifeMs;
    // 1.83 / 4 against 1
    learn(memory, identity('young', randomUnit(2)), shownList(['a']), { now: later });
    learn(memory, identity('new', randomUnit(3)), [], { now: later });
    expect(ids(memory, ['old', 'young', 'new'])).toEqual(['young', 'new']);
  });

  it('property 15: of cells with equal evidence the longest unused goes', () => {
    const memory = newMemory({ cells: 2 });
    learn(memory, identity('first', randomUnit(1)), shownList(['a']));
    learn(memory, identity('second', randomUnit(2)), shownList(['a']), { now: START_MS });
    const first = identity('first', null);
    memory.cells.touch(memory.cells.neighbours(first, memory.cells.search(first, null)), START_MS + 5000);
    learn(memory, identity('new', randomUnit(3)), [], { now: START_MS });
    expect(ids(memory, ['first', 'second', 'new'])).toEqual(['first', 'new']);
  });

  it('property 15: removes an evicted cell’s rows, even when the feedback touched its trust', () => {
    const memory = newMemory({ cells: 1 });
    learn(memory, identity('near', atCosine(0.9)), shownList(['a'], ['a']));
    const prepared = memory.prepare(identity('new', atCosine(1)), shownList(['a'], ['a']), 1, START_MS);
    const removed = prepared.changes.flatMap((change) => ('remove' in change ? [change.remove] : []));
    expect(removed).toEqual([
      { kind: 'cell', key: 'near' },
      { kind: 'meta', key: 'use/near' },
    ]);
    const put = prepared.changes.flatMap((change) => ('put' in change ? [change.put.key] : []));
    expect(put).not.toContain('use/near');
    prepared.apply();
    // back again, it starts with the trust of a new cell: 2/3
    learn(memory, identity('near', atCosine(0.9)), shownList(['a'], ['a']));
    const asker = identity('asker', atCosine(1));
    expect(memory.cells.neighbours(asker, memory.cells.search(asker, null))[0].trust).toBeCloseTo(2 / 3, 12);
  });

  it('property 15: forgets how right an evicted cell was', () => {
    const memory = newMemory({ cells: 2 });
    const asker = identity('asker', atCosine(1));
    const trust = () =>
      memory.cells.neighbours(asker, memory.cells.search(asker, null)).find(({ cell }) => cell.id === 'near')
        ?.trust;
    learn(memory, identity('near', atCosine(0.9)), shownList(['a'], ['a']));
    learn(memory, asker, shownList(['a', 'b'], ['a']));
    expect(trust()).toBeCloseTo(3 / 4, 12);
    learn(memory, identity('new', randomUnit(3)), shownList(['a', 'b']));
    expect(trust()).toBeUndefined();
    learn(memory, identity('near', atCosine(0.9)), shownList(['a', 'b', 'c']));
    expect(trust()).toBeCloseTo(2 / 3, 12);
  });

  it('property 15: brings a memory stored under a higher bound down to its own', () => {
    const rows = new Map<string, Row>();
    const large = newMemory();
    for (let i = 0; i < 6; i++) {
      const prepared = large.prepare(identity(`cell ${i}`, randomUnit(i)), shownList(['a']), 1, START_MS);
      prepared.apply();
      applied(rows, prepared.changes);
    }
    const small = restored(rows, large, 3);
    const prepared = small.prepare(identity('new', randomUnit(7)), [], 1, START_MS);
    prepared.apply();
    applied(rows, prepared.changes);
    expect(small.size).toBe(3);
    expect([...rows.keys()].filter((key) => key.startsWith('cell/'))).toHaveLength(3);
  });

  it('properties 15 and 16: under any load cells and documents stay within bounds, and what is stored is what is there', () => {
    const step = fc.record({
      cell: fc.nat(9),
      shown: fc.subarray(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']),
      afterMs: fc.nat(MEMORY_SETTINGS.halfLifeMs),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30, size: 'max' }), (steps) => {
        const memory = newMemory({ cells: 4, documentsPerCell: 5 });
        const rows = new Map<string, Row>();
        let now = START_MS;
        for (const { cell, shown, afterMs } of steps) {
          now += afterMs;
          const query = identity(`cell ${cell}`, atCosine(1 - cell / 100));
          const prepared = memory.prepare(query, shownList(shown, shown.slice(1)), 1, now);
          prepared.apply();
          applied(rows, prepared.changes);
          expect(memory.size).toBeLessThanOrEqual(4);
          expect(cellOf(memory, query.cellId)?.documents.size).toBeLessThanOrEqual(5);
        }
        const again = restored(rows, memory, 4);
        const asker = identity('asker', atCosine(1));
        const seen = (one: AdaptiveMemory) => one.cells.neighbours(asker, one.cells.search(asker, null));
        expect(seen(again)).toEqual(seen(memory));
        expect(again.bytes).toBe(memory.bytes);
        expect([again.beta, again.trust, again.documentsKnown]).toEqual([
          memory.beta,
          memory.trust,
          memory.documentsKnown,
        ]);
      }),
      { numRuns: 60 },
    );
  });
});

describe('last-use times', () => {
  const memory = newMemory();
  learn(memory, identity('a', atCosine(1)), []);
  learn(memory, identity('b', atCosine(0.9)), []);
  const asked = identity('a', atCosine(1));

  it('are noted to the second, taken in slices and given back when they could not be written', () => {
    const touch = (now: number) =>
      memory.cells.touch(memory.cells.neighbours(asked, memory.cells.search(asked, null)), now);
    touch(START_MS + 999);
    expect(memory.cells.takeTouched(10)).toEqual([]);
    touch(START_MS + 1000);
    const [row, ...none] = memory.cells.takeTouched(1);
    expect([usedCell(row), none]).toEqual(['a', []]);
    expect(readUse(row).lastUsedAt).toBe(START_MS + 1000);
    memory.cells.touchAgain([row]);
    expect(memory.cells.takeTouched(10).map(usedCell).sort()).toEqual(['a', 'b']);
    expect(memory.cells.takeTouched(10)).toEqual([]);
  });
});
