import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SlotIndex } from '../../src/scorers/slot-index.js';

describe('a map that is emptied in no time', () => {
  it('holds what was set since, whatever was there before', () => {
    const step = fc.record({
      keys: fc.nat({ max: 50 }),
      values: fc.array(fc.nat({ max: 300_000 }), { maxLength: 20 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
        const index = new SlotIndex();
        for (const { keys, values } of steps) {
          index.start(keys);
          const expected = new Map<number, number>();
          for (const [place, value] of values.entries()) {
            const key = (7 * place + value) % 2000;
            index.set(key, value);
            expected.set(key, value);
          }
          for (let key = 0; key < 2100; key++) {
            const found = index.get(key);
            expect(found >= 0 ? found : undefined).toBe(expected.get(key));
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('begins anew before its numbers grow too large', () => {
    const index = new SlotIndex();
    for (let round = 0; round < 6; round++) {
      index.start(10);
      index.set(3, 2 ** 29);
      index.set(4, round);
      expect([index.get(3), index.get(4), index.get(5)].map((value) => Math.max(-1, value))).toEqual([
        2 ** 29,
        round,
        -1,
      ]);
    }
  });
});
