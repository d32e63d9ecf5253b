import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.js';
import type { CollectionQuery } from '../../src/evaluation/collection.js';
import { clicks, SimulatedUsers, type UserKind } from '../../src/evaluation/simulated-users.js';

const shown = ['d1', 'd2', 'd3', 'd4', 'd5'];
const judgements = new Map([
  ['d1', 1],
  ['d4', 2],
]);
const query: CollectionQuery = { id: 'q', text: 'q', candidates: [], judgements };
const TRIALS = 20_000;
/** Four standard deviations of a share over the trials, at most. */
const TOLERANCE = 4 * Math.sqrt(0.25 / TRIALS);

function shares(eta: number, noise: number): number[] {
  const random = seededRandom(42);
  const counts = shown.map(() => 0);
  for (let trial = 0; trial < TRIALS; trial++) {
    for (const id of clicks(shown, judgements, { eta, noise }, random)) counts[shown.indexOf(id)]! += 1;
  }
  return counts.map((count) => count / TRIALS);
}

function usersOf(kind: UserKind, rounds = 10, seed = 1): SimulatedUsers {
  return new SimulatedUsers({ kind, eta: 1, noise: 0.1 }, rounds, seededRandom(seed));
}

describe('clicks', () => {
  it('come with probability 1/rank times what noise leaves', () => {
    const measured = shares(1, 0.1);
    const expected = [0.9, 0.1 / 2, 0.1 / 3, 0.9 / 4, 0.1 / 5];
    for (const [index, share] of measured.entries()) {
      expect(Math.abs(share - expected[index]!)).toBeLessThan(TOLERANCE);
    }
  });

  it('are exactly the relevant documents for users who see all and never err', () => {
    expect(clicks(shown, judgements, { eta: 0, noise: 0 }, seededRandom(1))).toEqual(['d1', 'd4']);
  });

  it('fall faster with rank the larger eta is', () => {
    const [slow, fast] = [shares(0.5, 0.1), shares(2, 0.1)];
    expect(slow[3]).toBeGreaterThan(fast[3]! * 4); // 4^-0.5 / 4^-2 = 8
  });
});

describe('SimulatedUsers', () => {
  it('of the near-random kind click relevant and other documents alike, whatever the noise', () => {
    const users = usersOf('near-random');
    const counts = new Map(shown.map((id) => [id, 0]));
    for (let trial = 0; trial < TRIALS; trial++) {
      for (const id of users.visit(query, 0, shown).selectedIds) counts.set(id, counts.get(id)! + 1);
    }
    for (const [index, id] of shown.entries()) {
      expect(Math.abs(counts.get(id)! / TRIALS - 0.5 / (index + 1))).toBeLessThan(TOLERANCE);
    }
  });

  it('are not told apart unless somebody is hostile', () => {
    expect(usersOf('informative').visit(query, 0, shown)).not.toHaveProperty('source');
    expect(usersOf('near-random').visit(query, 0, shown)).not.toHaveProperty('source');
  });

  it('of the poisoned kind are one liar in exactly half of the rounds and somebody new in each other one', () => {
    const users = usersOf('poisoned');
    const sources = Array.from({ length: 10 }, (_, round) => users.visit(query, round, shown).source);
    const honest = sources.filter((source) => source !== 'hostile');
    expect(honest).toHaveLength(5);
    expect(new Set(honest).size).toBe(5);
  });

  it('has a liar who keeps to one wrong document, and is silent when it is not shown', () => {
    const users = usersOf('poisoned', 40);
    const lies = Array.from({ length: 40 }, (_, round) => users.visit(query, round, shown)).filter(
      ({ source }) => source === 'hostile',
    );
    expect(lies.map(({ selectedIds }) => selectedIds)).toEqual(lies.map(() => ['d5']));
    const elsewhere = Array.from({ length: 40 }, (_, round) => users.visit(query, round, ['d1', 'd2']));
    expect(elsewhere.filter(({ source }) => source === 'hostile').flatMap((lie) => lie.selectedIds)).toEqual(
      [],
    );
  });

  it('has a liar with nothing to say where all shown documents are relevant', () => {
    const users = usersOf('poisoned', 10);
    const visits = Array.from({ length: 10 }, (_, round) => users.visit(query, round, ['d1', 'd4']));
    expect(visits.filter(({ source }) => source === 'hostile').flatMap((lie) => lie.selectedIds)).toEqual([]);
  });
});
