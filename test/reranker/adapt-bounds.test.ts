import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adapt } from '../../src/reranker/adapt.js';
import { input, neighbour, SETTINGS } from '../fixtures/adapt-input.js';
import { atCosine, DAY_MS, START_MS } from '../fixtures/memory.js';

describe('adapt, at its bounds', () => {
  it('property 5: is a permutation by finite values for any input and settings', () => {
    const weight = fc.double({ min: 0, max: 100, noNaN: true });
    const amount = fc.double({ min: 0, max: 1e6, noNaN: true });
    const settings = fc.record({
      weightDense: weight,
      weightNarrative: weight,
      weightPheromone: weight,
      pheromone: fc.record({
        exposurePenalty: fc.double({ min: 1e-6, max: 1, noNaN: true }),
        unit: fc.double({ min: 1e-6, max: 100, noNaN: true }),
      }),
      halfLifeMs: fc.double({ min: 1e-3, max: 1e13, noNaN: true }),
      gateZ: fc.double({ min: 0, max: 1000, noNaN: true }),
      anchor: fc.nat(5),
    });
    const candidate = fc.record({
      score: fc.double({ noNaN: true, noDefaultInfinity: true }),
      known: fc.tuple(amount, amount),
      cosine: fc.double({ min: -1, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(
        fc.array(candidate, { maxLength: 12 }),
        settings,
        amount,
        fc.nat(14),
        (list, chosen, mass, free) => {
          const known = Object.fromEntries(list.map(({ known: pair }, d) => [`d${d}`, pair]));
          const adapted = adapt(
            input(
              list.map(({ score }) => score),
              {
                neighbours: [neighbour(known, { narrative: atCosine(1), mass })],
                embeddings: list.map(({ cosine }) => atCosine(cosine)),
                gate: { applied: true, uncertainty: 1, free },
                now: START_MS + mass * 1e6,
              },
            ),
            chosen,
          );
          expect([...adapted.order].sort((a, b) => a - b)).toEqual(list.map((_, d) => d));
          expect([...adapted.value, ...adapted.narrative, ...adapted.pheromone].every(Number.isFinite)).toBe(
            true,
          );
        },
      ),
    );
  });

  it('property 4: ten years later there is nothing left, no NaN, and the base order', () => {
    const now = START_MS + 3650 * DAY_MS;
    const old = neighbour({ d2: [5, 5] }, { narrative: atCosine(1), mass: 3 });
    const embeddings = [atCosine(0), atCosine(0.5), atCosine(0.9)];
    const adapted = adapt(input([1, 0.5, 0.4], { neighbours: [old], now, embeddings }), SETTINGS);
    expect(adapted.order).toEqual([0, 1, 2]);
    expect(adapted.value.every(Number.isFinite)).toBe(true);
  });
});
