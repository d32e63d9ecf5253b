import fc from 'fast-check';
import { expect, it } from 'vitest';
import { NamespaceSummaries, type NamespaceSummary } from '../../src/stores/namespace-summaries.js';

const NAMES = ['a', 'b', 'c', 'd'];
const name = fc.constantFrom(...NAMES);
const number = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constant(Number.POSITIVE_INFINITY));
const summary = fc.record({
  rows: fc.integer({ min: 0, max: 3 }),
  impressionBytes: fc.integer({ min: 0, max: 9 }),
  oldestImpression: number,
  earliestExpiry: number,
});
const change = fc.oneof(
  fc.record({ name, summary }),
  fc.record({ name, summary: fc.constantFrom('found', 'delete') }),
);

it('answers over all namespaces as a walk over them does', () => {
  fc.assert(
    fc.property(
      fc.array(change),
      fc.integer({ min: 0, max: 9 }),
      fc.uniqueArray(name),
      (changes, now, left) => {
        const summaries = new NamespaceSummaries();
        const model = new Map<string, NamespaceSummary | undefined>();
        for (const { name, summary } of changes) {
          if (summary === 'delete') {
            summaries.delete(name);
            model.delete(name);
          } else if (summary === 'found') {
            summaries.found(name);
            if (!model.has(name)) model.set(name, undefined);
          } else {
            summaries.set(name, summary as NamespaceSummary);
            model.set(name, summary as NamespaceSummary);
          }
        }
        const known = [...model].filter((entry): entry is [string, NamespaceSummary] => !!entry[1]);
        expect(NAMES.map((one) => summaries.has(one))).toEqual(NAMES.map((one) => model.has(one)));
        expect(summaries.impressionBytes).toBe(
          known.reduce((sum, [, { impressionBytes }]) => sum + impressionBytes, 0),
        );
        const named = [...model].filter(([, found]) => found?.rows !== 0).map(([one]) => one);
        expect(summaries.names()).toEqual(named.sort());
        expect(summaries.nextUnread() === undefined).toBe(known.length === model.size);
        const due = known.filter(([, { earliestExpiry }]) => earliestExpiry <= now).map(([one]) => one);
        expect(summaries.due(now).sort()).toEqual(due.sort());
        const except = new Set(left);
        const ages = known
          .filter(([one]) => !except.has(one))
          .map(([, { oldestImpression }]) => oldestImpression)
          .sort((one, other) => one - other);
        const oldest = summaries.oldest(except);
        if (ages.length === 0 || ages[0] === Number.POSITIVE_INFINITY) expect(oldest).toBeUndefined();
        else {
          expect(except.has(oldest!.name)).toBe(false);
          expect(summaries.get(oldest!.name)?.oldestImpression).toBe(ages[0]);
          expect(oldest!.others).toBe(ages[1] ?? Number.POSITIVE_INFINITY);
        }
      },
    ),
  );
});
