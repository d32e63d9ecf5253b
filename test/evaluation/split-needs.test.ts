import fc from 'fast-check';
import { expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.js';
import type { CollectionQuery } from '../../src/evaluation/collection.js';
import { splitNeeds } from '../../src/evaluation/split-needs.js';

function queries(groups: readonly (string | undefined)[]): CollectionQuery[] {
  return groups.map((group, index) => ({
    id: `q${index}`,
    text: `words of query number ${index}`,
    candidates: [],
    judgements: new Map([['d', 1]]),
    ...(group !== undefined && { group }),
  }));
}

const grouped = fc.array(fc.constantFrom('g1', 'g2', 'g3', 'g4', 'g5', undefined), {
  minLength: 1,
  maxLength: 60,
});

it('puts each query in one set at most, and none is lost where needs have several wordings', () => {
  fc.assert(
    fc.property(grouped, fc.nat(), (groups, seed) => {
      const all = queries(['twice', 'twice', ...groups]);
      const { visited, reworded, unseen } = splitNeeds(all, seededRandom(seed));
      const ids = [...visited, ...reworded, ...unseen].map(({ id }) => id);
      expect(ids.toSorted()).toEqual(all.map(({ id }) => id).toSorted());
    }),
  );
});

it('keeps the needs of unseen queries wholly out of the visited ones', () => {
  fc.assert(
    fc.property(grouped, fc.nat(), (groups, seed) => {
      const { visited, reworded, unseen } = splitNeeds(queries(groups), seededRandom(seed));
      const visitedGroups = new Set([...visited, ...reworded].map(({ group }) => group ?? 'none'));
      for (const { group } of unseen) if (group !== undefined) expect(visitedGroups).not.toContain(group);
      for (const { group } of reworded) expect(visited.map((query) => query.group)).toContain(group);
    }),
  );
});

it('visits half of the needs and half of their wordings', () => {
  const all = queries(Array.from({ length: 40 }, (_, index) => `g${index % 10}`)); // 10 needs of 4 wordings
  const { visited, reworded, unseen } = splitNeeds(all, seededRandom(3));
  expect([visited.length, reworded.length, unseen.length]).toEqual([10, 10, 20]);
});

it('makes up other wordings of the visited queries where nobody else worded their needs', () => {
  const all = queries(Array.from({ length: 9 }, () => undefined));
  const { visited, reworded, unseen } = splitNeeds(all, seededRandom(3));
  expect([visited.length, reworded.length, unseen.length]).toEqual([5, 5, 4]);
  for (const [index, query] of reworded.entries()) {
    expect(query.text).not.toBe(visited[index]!.text);
    expect(query.judgements).toBe(visited[index]!.judgements);
  }
});

it('leaves a single query visited and nothing unseen', () => {
  const { visited, unseen } = splitNeeds(queries(['only']), seededRandom(1));
  expect([visited.length, unseen.length]).toEqual([1, 0]);
});

it('splits alike for the same seed', () => {
  const all = queries(['a', 'a', 'b', 'b', 'c', 'c', 'd']);
  expect(splitNeeds(all, seededRandom(5))).toEqual(splitNeeds(all, seededRandom(5)));
});
