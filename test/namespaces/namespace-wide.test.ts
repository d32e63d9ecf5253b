import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.js';
import type { ShownDocument } from '../../src/namespaces/cell.js';
import { extendWindow, judgePairs, windowTrust } from '../../src/namespaces/namespace-wide.js';
import {
  atCosine,
  DAY_MS,
  embeddingOf,
  identity,
  learn,
  MEMORY_SETTINGS,
  newMemory,
  randomUnit,
  START_MS,
  shownList,
} from '../fixtures/memory.js';

describe('judgePairs', () => {
  const shown = shownList(['a', 'b', 'c', 'd'], ['b', 'd']);
  const worth = (values: Record<string, number>) => (document: ShownDocument) => values[document.key] ?? null;

  it('pairs the best selected document with the nearest passed over above it', () => {
    // b over a; d and c say nothing more, for pairs of one list agree with each other
    expect(judgePairs(shown, worth({ a: 1, b: 2, c: 5, d: 3 }))).toEqual([true]);
    expect(judgePairs(shown, worth({ a: 2, b: 1 }))).toEqual([false]);
    // a is selected with nothing above it, c has b above it
    const other = shownList(['a', 'b', 'c', 'd'], ['a', 'c']);
    expect(judgePairs(other, worth({ b: 1, c: 3 }))).toEqual([true]);
    // listed in another order than shown
    expect(judgePairs([...other].reverse(), worth({ b: 1, c: 3 }))).toEqual([true]);
  });

  it('says nothing where values do not differ or are not known, or nothing was passed over', () => {
    expect(judgePairs(shown, worth({ a: 2, b: 2, d: 1 }))).toEqual([]);
    expect(judgePairs(shown, () => null)).toEqual([]);
    expect(judgePairs(shownList(['a', 'b'], ['a']), worth({ a: 1, b: 2 }))).toEqual([]);
    expect(judgePairs(shownList(['a', 'b']), worth({ a: 1, b: 2 }))).toEqual([]);
  });

  it('property 19: chance earns no trust, however long the lists and however many are selected', () => {
    for (const [count, selected] of [
      [10, 1],
      [10, 3],
      [50, 5],
      [100, 10],
    ] as const) {
      const random = seededRandom(count);
      let window = '';
      for (let feedback = 0; feedback < 600; feedback++) {
        const keys = Array.from({ length: count }, (_, i) => `${i}`);
        const chosen = new Set(
          Array.from({ length: selected }, () => `${Math.floor(random.next() * count)}`),
        );
        const values = new Map(keys.map((key) => [key, random.next()]));
        const outcomes = judgePairs(shownList(keys, [...chosen]), ({ key }) => values.get(key) ?? null);
        window = extendWindow(window, outcomes);
        expect(windowTrust(window)).toBeLessThanOrEqual(0.05);
      }
    }
  });
});

describe('extendWindow', () => {
  it('keeps the newest 500', () => {
    const window = extendWindow('0'.repeat(499), [true, false, true]);
    expect(window).toHaveLength(500);
    expect(window.slice(-4)).toBe('0101');
  });

  it('earns trust from 200 pairs on', () => {
    expect(windowTrust('1'.repeat(199))).toBe(0);
    expect(windowTrust('1'.repeat(200))).toBeGreaterThan(0.8);
    expect(windowTrust('10'.repeat(250))).toBe(0);
  });
});

describe('namespace-wide memory', () => {
  it('moves the narrative by α from zero, without scaling it back', () => {
    const memory = newMemory({ narrativeAlpha: 0.5 });
    learn(memory, identity('q'), shownList(['a'], ['a']));
    learn(memory, identity('q'), shownList(['a'], ['a']));
    // ½, then ¾ of the embedding
    memory.narrative?.forEach((component, i) => {
      expect(component).toBeCloseTo(0.75 * embeddingOf('a')[i], 6);
    });
  });

  it('learns no narrative below the success gate, but its evidence', () => {
    const memory = newMemory();
    learn(memory, identity('q'), shownList(['a', 'b'], ['b']), { success: 0.4 });
    expect(memory.narrative).toBeNull();
    expect(memory.wideEvidence('b', START_MS)).toEqual({ S: 0.4, W: 0.5 });
  });

  it('keeps one time per document', () => {
    const memory = newMemory();
    learn(memory, identity('q'), shownList(['a'], ['a']));
    const later = START_MS + MEMORY_SETTINGS.halfLifeMs;
    learn(memory, identity('other'), shownList(['b'], ['b']), { now: later });
    expect(memory.wideEvidence('a', later)).toEqual({ S: 0.5, W: 0.5 });
    expect(memory.wideEvidence('b', later)).toEqual({ S: 1, W: 1 });
    expect(memory.wideEvidence('c', later)).toEqual({ S: 0, W: 0 });
  });

  it('property 15: knows at most 16 384 documents and drops the least exposed by what is left of it', () => {
    const memory = newMemory({ documentsPerCell: 1 });
    const late = START_MS + 60 * DAY_MS;
    const keys = (from: number, count: number) => Array.from({ length: count }, (_, i) => `${from + i}`);
    learn(memory, identity('q'), shownList(['old', 'old two']));
    for (let from = 0; from < 16_380; from += 126)
      learn(memory, identity('q'), shownList(keys(from, 126)), { now: late });
    expect(memory.documentsKnown).toBe(16_382);
    const prepared = memory.prepare(identity('q'), shownList(['x', 'y', 'z']), 1, late);
    prepared.apply();
    expect(memory.documentsKnown).toBe(16_384);
    // W = ½ once, now about 1/40 of it, against a tenth of the youngest at low ranks
    expect(memory.wideEvidence('old two', late).W).toBe(0);
    expect(memory.wideEvidence('old', late).W).toBeGreaterThan(0);
    expect(prepared.changes).toContainEqual({ remove: { kind: 'document', key: 'old two' } });
  });
});

describe('property 19: trust of the namespace-wide components', () => {
  /** Feedbacks on new documents near `topic` (chosen) and elsewhere (passed over), or a coin where there is none. */
  function run(isTopic: boolean, feedbacks: number) {
    const memory = newMemory({ cells: 20 });
    const random = seededRandom(17);
    const highest = { narrative: 0, pheromone: 0 };
    for (let i = 0; i < feedbacks; i++) {
      const chosen = isTopic || random.next() < 0.5 ? i : -i;
      const near = (key: string, on: boolean, rank: number): ShownDocument => ({
        key,
        textHash: key,
        rank,
        selected: on,
        embedding: isTopic && on ? atCosine(0.9, 1 + (i % 15)) : randomUnit(chosen * 7 + rank),
      });
      const own = identity(`query ${i}`, randomUnit(i + 1e6));
      learn(memory, own, [near(`x${i % 40}`, false, 1), near(`y${(i * 7) % 40}`, true, 2)]);
      highest.narrative = Math.max(highest.narrative, memory.trust.narrative);
      highest.pheromone = Math.max(highest.pheromone, memory.trust.pheromone);
    }
    return highest;
  }

  it('rises in a namespace of one topic', () => {
    expect(run(true, 400).narrative).toBeGreaterThan(0.05);
  });

  it('stays at .05 or less throughout where the chosen are like any others', () => {
    expect(run(false, 3000).narrative).toBeLessThanOrEqual(0.05);
  });

  it('rises for pheromones where the same documents are chosen for every query', () => {
    const memory = newMemory();
    for (let i = 0; i < 300; i++) {
      const shown = shownList([`d${i % 20}`, `d${20 + (i % 20)}`], [`d${20 + (i % 20)}`]);
      learn(memory, identity(`query ${i}`, randomUnit(i)), shown);
    }
    expect(memory.trust.pheromone).toBeGreaterThan(0.5);
  });

  it('stays at .05 or less for pheromones where a coin chooses', () => {
    const memory = newMemory({ cells: 20 });
    const random = seededRandom(23);
    let highest = 0;
    for (let i = 0; i < 3000; i++) {
      const pair = [`d${Math.floor(random.next() * 30)}`, `e${Math.floor(random.next() * 30)}`];
      const shown = random.next() < 0.5 ? pair : pair.toReversed();
      learn(memory, identity(`query ${i}`, randomUnit(i)), shownList(shown, [shown[1]]));
      highest = Math.max(highest, memory.trust.pheromone);
    }
    expect(highest).toBeLessThanOrEqual(0.05);
  });
});
