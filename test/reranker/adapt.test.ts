import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pheromone } from '../../src/ranking/pheromone.js';
import { orderByDescending } from '../../src/ranking/similarity.js';
import { adapt, neighbourEvidence } from '../../src/reranker/adapt.js';
import { input, neighbour, SETTINGS, SILENT } from '../fixtures/adapt-input.js';
import { atCosine, DAY_MS, START_MS } from '../fixtures/memory.js';

const CLICKED = neighbour({ d2: [5, 5], d0: [0, 5] });

describe('adapt', () => {
  it('property 1: is the base order without neighbours and trust', () => {
    const scores = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 30 });
    fc.assert(
      fc.property(scores, (base) => {
        const adapted = adapt(input(base), SETTINGS);
        expect(adapted.order).toEqual(orderByDescending(base));
        expect([...adapted.narrative, ...adapted.pheromone].every((part) => part === 0)).toBe(true);
      }),
    );
  });

  it('lifts what was clicked by the pheromone formula', () => {
    const adapted = adapt(input([1, 0.5, 0.4], { neighbours: [CLICKED] }), SETTINGS);
    expect(adapted.order).toEqual([2, 0, 1]);
    // μ = (1 + 5)/(5 + 10) = .4
    expect(adapted.mu).toBeCloseTo(0.4, 12);
    const P = pheromone({ S: 5, W: 5 }, 0.4, 4, SETTINGS.pheromone);
    expect(adapted.pheromone[2]).toBeCloseTo(0.3 * P, 12);
    expect(adapted.value[1]).toBeCloseTo(1 / 6, 12);
  });

  it('lifts what resembles what was accepted', () => {
    const accepting = neighbour({}, { narrative: atCosine(1), mass: 2, feedbacks: 2 });
    const embeddings = [atCosine(0), atCosine(0.2), atCosine(0.9)];
    // no document is known: the gate asks for a gain of rates, all alike, so z = 0 lets it pass
    const adapted = adapt(input([1, 0.9, 0.8], { neighbours: [accepting], embeddings }), {
      ...SETTINGS,
      gateZ: 0,
    });
    // n/(n+2) = ½; m = (0, .2/.9, 1), b = (1, ½, 0)
    expect(adapted.signals.N[2]).toBeCloseTo(0.5, 6);
    expect(adapted.signals.N[0]).toBeCloseTo(-0.5, 6);
  });

  it('says nothing by narrative where all candidates are alike, or of another encoder', () => {
    const accepting = neighbour({}, { narrative: atCosine(1), mass: 2 });
    const alike = { neighbours: [accepting], embeddings: [atCosine(0.5), atCosine(0.5)] };
    expect([...adapt(input([1, 0], alike), SETTINGS).signals.N]).toEqual([0, 0]);
    const foreign = neighbour({}, { narrative: atCosine(1), mass: 2, encoder: 'other@v1' });
    const differing = { neighbours: [foreign], embeddings: [atCosine(0.5), atCosine(0.9)] };
    expect([...adapt(input([1, 0], differing), SETTINGS).signals.N]).toEqual([0, 0]);
  });

  it('property 11: is the base order for z = ∞, and on the evidence of one impression', () => {
    const asked = input([1, 0.5, 0.4], { neighbours: [CLICKED] });
    expect(adapt(asked, { ...SETTINGS, gateZ: Number.POSITIVE_INFINITY }).order).toEqual([0, 1, 2]);
    const once = neighbour({ d2: [1, 1], d0: [0, 1] }, { feedbacks: 1 });
    expect(adapt(input([1, 0.5, 0.4], { neighbours: [once] }), SETTINGS).order).toEqual([0, 1, 2]);
  });

  it('moves only what the entropy gate frees; the rest follow in base order', () => {
    const gate = { applied: true, uncertainty: 1, free: 2 };
    const adapted = adapt(input([1, 0.5, 0.4], { neighbours: [CLICKED], gate }), SETTINGS);
    expect(adapted.order).toEqual([0, 1, 2]);
    expect(adapted.pheromone[2]).toBe(0);
    // ΣS and ΣW count those held still too
    expect(adapted.mu).toBeCloseTo(0.4, 12);
  });

  it('keeps every second slot for the base order with ANCHOR 2', () => {
    const adapted = adapt(input([1, 0.5, 0.4], { neighbours: [CLICKED] }), { ...SETTINGS, anchor: 2 });
    expect(adapted.order).toEqual([2, 0, 1]);
    const two = neighbour({ d2: [5, 5], d3: [5, 5], d0: [0, 5] });
    const asked = input([1, 0.6, 0.5, 0.4], { neighbours: [two] });
    expect(adapt(asked, SETTINGS).order).toEqual([2, 3, 0, 1]);
    expect(adapt(asked, { ...SETTINGS, anchor: 2 }).order).toEqual([2, 0, 3, 1]);
  });

  it('hears the whole namespace as loudly as it has earned, whatever the safety gate says', () => {
    const evidence = [
      { S: 0, W: 9 },
      { S: 9, W: 9 },
    ];
    const loud = { trust: { narrative: 0, pheromone: 0.5 }, vector: null, evidence };
    const adapted = adapt(input([1, 0.9], { wide: loud }), SETTINGS);
    expect(adapted.pheromone[1]).toBeCloseTo(0.3 * 0.5 * adapted.signals.wideP[1], 12);
    expect(adapted.pheromone[1]).toBeGreaterThan(0);
    expect(adapt(input([1, 0.9], { wide: { ...SILENT, evidence } }), SETTINGS).order).toEqual([0, 1]);
    const topic = { trust: { narrative: 0.5, pheromone: 0 }, vector: atCosine(1), evidence: [] };
    const spoken = adapt(input([1, 0.9], { wide: topic, embeddings: [atCosine(0), atCosine(1)] }), SETTINGS);
    // |V|·cos − mean: ∓½, times .6 · .5
    expect([...spoken.narrative].map((part) => Number(part.toFixed(6)))).toEqual([-0.15, 0.15]);
  });
});

describe('neighbourEvidence', () => {
  it('sums what the neighbours know, by weight, decayed to now', () => {
    const cells = [neighbour({ a: [2, 4] }), neighbour({ a: [1, 1], b: [1, 2] }, {}, 0.5)];
    const halved = neighbourEvidence(cells, ['a', 'b', 'c'], START_MS + 14 * DAY_MS, 14 * DAY_MS);
    expect(halved).toEqual([
      { S: 1.25, W: 2.25 },
      { S: 0.25, W: 0.5 },
      { S: 0, W: 0 },
    ]);
  });
});
