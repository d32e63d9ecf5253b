import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Slab } from '../../src/scorers/slab.js';

describe('a slab', () => {
  it('cuts lists of zeros that do not touch each other', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 40 }), (lengths) => {
        const slab = new Slab();
        const lists = lengths.map((length, index) => {
          const list = slab.cut(length);
          expect(list.length).toBe(length);
          expect(list.every((value) => value === 0)).toBe(true);
          return list.fill(index + 1);
        });
        lists.forEach((list, index) => {
          expect(list.every((value) => value === index + 1)).toBe(true);
        });
      }),
    );
  });
});
