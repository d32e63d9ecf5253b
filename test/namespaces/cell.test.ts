import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Cell,
  decayedEvidence,
  judged,
  type LearningSettings,
  learnFeedback,
  type ShownDocument,
  totalExposure,
} from '../../src/namespaces/cell.js';
import {
  atCosine,
  DAY_MS,
  embeddingOf,
  MEMORY_SETTINGS,
  NO_GUARD,
  START_MS,
  shownList,
} from '../fixtures/memory.js';

const HALF_LIFE_MS = MEMORY_SETTINGS.halfLifeMs;

function emptyCell(now = START_MS): Cell {
  return {
    id: 'cell',
    encoder: 'fake@v1',
    key: atCosine(1),
    guard: NO_GUARD,
    feedbacks: 0,
    decayedAt: now,
    narrative: null,
    mass: 0,
    documents: new Map(),
  };
}

interface Given extends Partial<LearningSettings> {
  success?: number;
  now?: number;
}

function learn(cell: Cell, shown: ShownDocument[], { success = 1, now = START_MS, ...changes }: Given = {}) {
  return learnFeedback(cell, shown, success, now, { ...MEMORY_SETTINGS, ...changes });
}

const evidenceOf = (cell: Cell, key: string) => {
  const { S, W } = cell.documents.get(key) ?? { S: Number.NaN, W: Number.NaN };
  return { S, W };
};

describe('learnFeedback: evidence', () => {
  it('adds the chance of having been seen to all shown, and success to the selected', () => {
    const cell = learn(emptyCell(), shownList(['a', 'b', 'c'], ['b']), { success: 0.7 });
    expect(evidenceOf(cell, 'a')).toEqual({ S: 0, W: 1 });
    expect(evidenceOf(cell, 'b')).toEqual({ S: 0.7, W: 0.5 });
    expect(evidenceOf(cell, 'c')).toEqual({ S: 0, W: 1 / 3 });
    expect(cell.feedbacks).toBe(1);
  });

  it('leaves the cell it was given as it was', () => {
    const before = learn(emptyCell(), shownList(['a'], ['a']));
    const copy = structuredClone(before);
    learn(before, shownList(['a', 'b'], ['b']), { now: START_MS + DAY_MS });
    expect(before).toEqual(copy);
  });

  it('counts a success of 0 against what was selected', () => {
    const cell = learn(emptyCell(), shownList(['a'], ['a']), { success: 0 });
    expect([evidenceOf(cell, 'a'), cell.narrative]).toEqual([{ S: 0, W: 1 }, null]);
  });

  it('scales both down beyond the cap, which forgets by visits', () => {
    let cell = emptyCell();
    for (let visit = 0; visit < 11; visit++) cell = learn(cell, shownList(['a'], visit < 5 ? ['a'] : []));
    // W reaches 11 at the last visit and is scaled by 10/11
    expect(evidenceOf(cell, 'a').W).toBe(10);
    expect(evidenceOf(cell, 'a').S).toBeCloseTo((5 * 10) / 11, 12);
  });

  it('drops what has decayed to nothing and keeps the most exposed within the bound', () => {
    const first = learn(emptyCell(), shownList(['a', 'b', 'c', 'd']), { documentsPerCell: 3 });
    expect([...first.documents.keys()]).toEqual(['a', 'b', 'c']);
    const later = learn(first, shownList(['e']), { now: START_MS + 20 * HALF_LIFE_MS });
    expect([...later.documents.keys()]).toEqual(['e']);
  });
});

describe('learnFeedback: decay', () => {
  const cell = learn(emptyCell(), shownList(['a', 'b'], ['b']));

  it('property 4: after one half-life S, W and n are half', () => {
    const later = learn(cell, [], { now: START_MS + HALF_LIFE_MS });
    expect(evidenceOf(later, 'b')).toEqual({ S: 0.5, W: 0.25 });
    expect(later.mass).toBe(0.5);
    expect(decayedEvidence(cell, START_MS + HALF_LIFE_MS, HALF_LIFE_MS)).toEqual([
      { S: 0, W: 0.5 },
      { S: 0.5, W: 0.25 },
    ]);
    expect(totalExposure(cell, START_MS + HALF_LIFE_MS, HALF_LIFE_MS)).toBe(0.75);
  });

  it('property 4: two steps equal one of both', () => {
    fc.assert(
      fc.property(fc.nat(60 * DAY_MS), fc.nat(60 * DAY_MS), (a, b) => {
        const steps = learn(learn(cell, [], { now: START_MS + a }), [], { now: START_MS + a + b });
        const once = learn(cell, [], { now: START_MS + a + b });
        expect(Math.abs(evidenceOf(steps, 'b').S - evidenceOf(once, 'b').S)).toBeLessThanOrEqual(1e-9);
        expect(Math.abs(steps.mass - once.mass)).toBeLessThanOrEqual(1e-9);
      }),
    );
  });

  it('property 4: a clock that went back decays nothing and does not move the cell’s time back', () => {
    const earlier = learn(cell, [], { now: START_MS - DAY_MS });
    expect(evidenceOf(earlier, 'b')).toEqual({ S: 1, W: 0.5 });
    expect(earlier.decayedAt).toBe(START_MS);
  });

  it('property 4: ten years leave nothing, and no NaN', () => {
    const late = learn(cell, shownList(['z'], ['z']), { now: START_MS + 3650 * DAY_MS });
    expect([...late.documents.keys()]).toEqual(['z']);
    expect(late.mass).toBeCloseTo(1, 12);
    expect(late.narrative?.every(Number.isFinite)).toBe(true);
  });

  it('property 5: 0 ≤ S ≤ W/θ_min and W ≤ W_max, all finite, whatever comes', () => {
    const feedback = fc.record({
      keys: fc.shuffledSubarray(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l']),
      selected: fc.subarray(['a', 'b', 'c', 'l']),
      success: fc.double({ min: 0, max: 1, noNaN: true }),
      afterMs: fc.integer({ min: -DAY_MS, max: 30 * DAY_MS }),
    });
    const settings = fc.record({
      evidenceCap: fc.double({ min: 1, max: 1e6, noNaN: true }),
      propensityEta: fc.double({ min: 0, max: 5, noNaN: true }),
      halfLifeMs: fc.integer({ min: 1, max: 365 * DAY_MS }),
      narrativeAlpha: fc.double({ min: 1e-9, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(feedback, { maxLength: 15 }), settings, (feedbacks, chosen) => {
        let now = START_MS;
        let known = emptyCell();
        for (const { keys, selected, success, afterMs } of feedbacks) {
          now += afterMs;
          known = learn(known, shownList(keys, selected), { success, now, ...chosen });
        }
        for (const { S, W } of known.documents.values()) {
          expect(S).toBeGreaterThanOrEqual(0);
          expect(S).toBeLessThanOrEqual((W / 0.1) * (1 + 1e-9));
          expect(W).toBeLessThanOrEqual(chosen.evidenceCap * (1 + 1e-9));
        }
        expect(Number.isFinite(known.mass)).toBe(true);
        expect(known.narrative?.every(Number.isFinite) ?? true).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});

describe('learnFeedback: narrative', () => {
  it('is the running mean of what was accepted', () => {
    const first = learn(emptyCell(), shownList(['a', 'b'], ['a']));
    expect([...(first.narrative ?? [])]).toEqual([...embeddingOf('a')]);
    const second = learn(first, shownList(['a', 'b'], ['b']));
    expect(second.mass).toBe(2);
    second.narrative?.forEach((component, i) => {
      expect(component).toBeCloseTo((embeddingOf('a')[i] + embeddingOf('b')[i]) / 2, 6);
    });
  });

  it('keeps at least α of what is new', () => {
    let cell = emptyCell();
    for (let visit = 0; visit < 20; visit++) cell = learn(cell, shownList(['a'], ['a']));
    const moved = learn(cell, shownList(['b'], ['b']), { narrativeAlpha: 0.5 });
    moved.narrative?.forEach((component, i) => {
      expect(component).toBeCloseTo((embeddingOf('a')[i] + embeddingOf('b')[i]) / 2, 6);
    });
  });

  it('learns nothing below the gate, nor without an embedding', () => {
    expect(learn(emptyCell(), shownList(['a'], ['a']), { success: 0.49 }).mass).toBe(0);
    const unknown = shownList(['a'], ['a']).map((document) => ({ ...document, embedding: null }));
    expect(learn(emptyCell(), unknown)).toMatchObject({ mass: 0, narrative: null });
    expect(learn(emptyCell(), shownList(['a'], ['a']), { success: 0.5 }).mass).toBe(1);
  });
});

describe('judged', () => {
  it('counts right and wrong, and halves both beyond 64', () => {
    expect(judged({ right: 2, wrong: 1, lastUsedAt: 5 }, true)).toEqual({
      right: 3,
      wrong: 1,
      lastUsedAt: 5,
    });
    expect(judged({ right: 2, wrong: 1, lastUsedAt: 5 }, false)).toMatchObject({ right: 2, wrong: 2 });
    expect(judged({ right: 60, wrong: 4, lastUsedAt: 0 }, true)).toMatchObject({ right: 30.5, wrong: 2 });
  });
});
