import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_WIDE_DOCUMENTS } from '../../src/namespaces/namespace-wide.js';
import { readState, readWide } from '../../src/namespaces/records.js';
import { MINIMAL_EXAMINATION } from '../../src/ranking/examination.js';
import { pheromone } from '../../src/ranking/pheromone.js';
import { type CarryOverTarget, carryOver } from '../../src/transfer/carry-over.js';
import type { OriginalNamespace } from '../../src/transfer/original-files.js';

const NOW = 1_700_000_000_000;
const target: CarryOverTarget = {
  now: NOW,
  evidenceCap: 10,
  propensityEta: 1,
  encoder: { name: 'words', id: 'words@1', dimension: 2 },
  hashKey: 'abc',
  keys: { ofId: (id) => `i:${id}`, hashed: false },
};
const empty: OriginalNamespace = {
  namespace: 'shop',
  files: ['x'],
  shared: false,
  narrative: null,
  pheromones: [],
  unreadable: 0,
};
const entry = (id: string, value: number, more = {}) => ({
  id,
  value,
  at: NOW / 1000,
  exposures: 0,
  ...more,
});

/** Mean of 1/r over the first ten ranks: the tenth harmonic number over ten. */
const SEEN = 0.2928968254;

describe('pheromones of the original', () => {
  it('keep their reward mass, with as many showings as it needed at least', () => {
    const { rows, report } = carryOver(
      { ...empty, pheromones: [entry('a', 1.5, { exposures: 40 })] },
      target,
    );
    expect(rows.map(({ kind, key }) => [kind, key])).toEqual([['document', 'i:a']]);
    const { S, W, decayedAt } = readWide(rows[0]!);
    expect([S, decayedAt]).toEqual([1.5, NOW]);
    expect(W).toBeCloseTo(1.5 * SEEN, 9);
    expect(report.pheromones).toEqual({
      carried: 1,
      faded: 0,
      beyond_limit: 0,
      unreadable: 0,
      exposures_left_out: 40,
    });
  });

  it('are dated as they were, never later than now, and now where the date is unknown', () => {
    const at = [1_600_000_000, 1_800_000_000, 0];
    const { rows } = carryOver({ ...empty, pheromones: at.map((t) => entry(`${t}`, 1, { at: t })) }, target);
    const dates = Object.fromEntries(rows.map((row) => [row.key, readWide(row).decayedAt]));
    expect(dates).toEqual({ 'i:1600000000': 1_600_000_000_000, 'i:1800000000': NOW, 'i:0': NOW });
  });

  it('are left out where nothing is left of them, and beyond what a namespace keeps the weakest', () => {
    const many = Array.from({ length: MAX_WIDE_DOCUMENTS + 2 }, (_, index) => entry(`d${index}`, 1 + index));
    const { rows, report } = carryOver({ ...empty, pheromones: [entry('gone', 1e-9), ...many] }, target);
    expect(rows).toHaveLength(MAX_WIDE_DOCUMENTS);
    expect(rows.some(({ key }) => ['i:gone', 'i:d0', 'i:d1'].includes(key))).toBe(false);
    expect(report.pheromones).toMatchObject({ carried: MAX_WIDE_DOCUMENTS, faded: 1, beyond_limit: 2 });
  });

  it('stay within the bounds of evidence, keep their order, and never count against a document', () => {
    const values = fc.array(fc.double({ min: 0.01, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 5, noNaN: true }), (rewards, propensityEta) => {
        const pheromones = rewards.map((value, index) => entry(`${index}`, value));
        const { rows } = carryOver({ ...empty, pheromones }, { ...target, propensityEta });
        const scores = rows.map((row) => {
          const { S, W } = readWide(row);
          expect(W).toBeLessThanOrEqual(target.evidenceCap * (1 + 1e-12));
          expect(S).toBeLessThanOrEqual((W / MINIMAL_EXAMINATION) * (1 + 1e-12));
          return pheromone({ S, W }, 0.25, 4, { exposurePenalty: 0.1, unit: 0.15 });
        });
        for (const [index, score] of scores.entries()) {
          expect(score).toBeGreaterThanOrEqual(0);
          if (index > 0) expect(score).toBeLessThanOrEqual(scores[index - 1]! * (1 + 1e-9));
        }
      }),
    );
  });
});

describe('the narrative of the original', () => {
  const original = { ...empty, narrative: [0.6, 0.8] };
  const fate = (narrative: readonly number[], originalEncoder?: string) =>
    carryOver(
      { ...original, narrative },
      originalEncoder === undefined ? target : { ...target, originalEncoder },
    );

  it('is left out unless the operator names the encoder in use and the dimension is its own', () => {
    expect(fate([1, 0]).report.narrative).toBe('unknown encoder');
    expect(fate([1, 0], 'all-MiniLM-L6-v2').report.narrative).toBe('other encoder');
    expect(fate([1, 0, 0], 'words').report).toMatchObject({
      narrative: 'other dimension',
      narrative_dimension: 3,
    });
    expect(fate([1, 0]).rows).toEqual([]);
    expect(carryOver(empty, target).report).toMatchObject({ narrative: 'none', narrative_dimension: null });
  });

  it.each(['words', 'words@1'])(
    'is carried over, untrusted, where it is of the encoder in use: %s',
    (name) => {
      const { rows, report } = fate([0.6, 0.8], name);
      expect(report.narrative).toBe('carried');
      const state = readState(rows[0]!, { encoder: 'words@1', dimension: 2 });
      expect(state.wide).toEqual({
        vector: Float32Array.of(0.6, 0.8),
        narrativeWindow: '',
        pheromoneWindow: '',
      });
      expect(state).toMatchObject({ hashKey: 'abc', feedbacks: 0, beta: 4 });
    },
  );

  it('is no longer than one', () => {
    const state = readState(fate([3, 4], 'words').rows[0]!, { encoder: 'words@1', dimension: 2 });
    expect(Math.hypot(...state.wide.vector!)).toBeCloseTo(1, 6);
  });

  it('hashes ids where ids are hashed, and says so in the state', () => {
    const hashing = { ...target, keys: { ofId: (id: string) => `h:${id}`, hashed: true } };
    const { rows } = carryOver({ ...empty, pheromones: [entry('a', 1)] }, hashing);
    expect(rows.map(({ kind, key }) => [kind, key])).toEqual([
      ['document', 'h:a'],
      ['meta', 'state'],
    ]);
    expect(JSON.parse(rows[1]!.value)).toMatchObject({ hashedIds: true });
  });
});
