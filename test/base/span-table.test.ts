import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SpanTable } from '../../src/base/span-table.js';

describe('a table asked by spans', () => {
  it('answers as a Map of the words cut out would', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '水', '\ud800'), maxLength: 4 });
    fc.assert(
      fc.property(
        fc.uniqueArray(word, { maxLength: 30 }),
        word,
        word,
        word,
        (words, before, asked, after) => {
          const table = new SpanTable<number>();
          const map = new Map<string, number>();
          for (const [value, key] of words.entries()) {
            table.add(key, value);
            map.set(key, value);
          }
          expect(table.size).toBe(map.size);
          const source = before + asked + after;
          expect(table.find(source, before.length, before.length + asked.length)).toBe(map.get(asked));
        },
      ),
    );
  });

  it('grows, and starts empty again', () => {
    const table = new SpanTable<number>();
    for (let index = 0; index < 5000; index++) table.add(`w${index}`, index);
    for (let index = 0; index < 5000; index += 7) {
      expect(table.find(`-w${index}-`, 1, `w${index}`.length + 1)).toBe(index);
    }
    expect(table.find('w5000', 0, 5)).toBeUndefined();
    table.clear();
    expect([table.size, table.find('w1', 0, 2)]).toEqual([0, undefined]);
    table.add('w1', 7);
    expect(table.find('w1', 0, 2)).toBe(7);
  });
});
