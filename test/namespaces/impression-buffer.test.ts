import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ImpressionBuffer } from '../../src/namespaces/impression-buffer.js';
import type { Row } from '../../src/stores/store.js';

const row = (key: string, group = 'query', size = 10): Row => ({
  kind: 'impression',
  key,
  group,
  value: 'x'.repeat(size),
});
const buffer = ({ maxBytes = 1e6, maxCount = 1e6, budget = { bytes: 0, maxBytes: 1e6 } } = {}) =>
  new ImpressionBuffer(maxBytes, maxCount, budget);
const keys = (rows: readonly Row[]) => rows.map(({ key }) => key);

describe('ImpressionBuffer', () => {
  it('finds impressions by id, and those of a query newest first', () => {
    const held = buffer();
    for (const key of ['a', 'b', 'c']) held.add(row(key, key === 'b' ? 'other' : 'query'));
    expect(held.get('b')?.key).toBe('b');
    expect(held.get('z')).toBeUndefined();
    expect(keys(held.ofQuery('query'))).toEqual(['c', 'a']);
  });

  it('hands out the oldest and keeps them until they are written', () => {
    const held = buffer();
    for (const key of ['a', 'b', 'c']) held.add(row(key));
    const oldest = held.oldest(2);
    expect(keys(oldest)).toEqual(['a', 'b']);
    expect(held.get('a')).toBeDefined();
    held.written(oldest);
    expect([held.size, held.get('a'), keys(held.oldest(9))]).toEqual([1, undefined, ['c']]);
  });

  it('property 15: forgets the oldest beyond its count or bytes, and says how many', () => {
    const few = buffer({ maxCount: 2 });
    for (const key of ['a', 'b', 'c']) few.add(row(key));
    expect([keys(few.oldest(9)), few.forgotten]).toEqual([['b', 'c'], 1]);
    const small = buffer({ maxBytes: 1000 });
    for (const key of ['a', 'b', 'c', 'd']) small.add(row(key, 'query', 100));
    expect(small.bytes).toBeLessThanOrEqual(1000);
    expect(keys(small.oldest(9))).toEqual(['c', 'd']);
  });

  it('property 15: takes its share of one budget for all namespaces, and gives it back', () => {
    const budget = { bytes: 0, maxBytes: 1000 };
    const [one, other] = [buffer({ budget }), buffer({ budget })];
    one.add(row('a'));
    other.add(row('b'));
    expect(budget.bytes).toBe(one.bytes + other.bytes);
    other.add(row('c', 'query', 500));
    // its own oldest goes, never another namespace's
    expect([one.size, keys(other.oldest(9))]).toEqual([1, ['c']]);
    one.clear();
    other.clear();
    expect([budget.bytes, one.bytes, other.size]).toEqual([0, 0, 0]);
  });

  it('property 15: stays within its bounds, and counts right, under any load', () => {
    const step = fc.record({ key: fc.nat(30), size: fc.nat(600), write: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const budget = { bytes: 0, maxBytes: 4000 };
        const held = buffer({ maxBytes: 3000, maxCount: 6, budget });
        for (const { key, size, write } of steps) {
          held.add(row(`${key}`, 'query', size));
          if (write) held.written(held.oldest(2));
          expect(held.size).toBeLessThanOrEqual(6);
          expect(held.bytes <= 3000 || held.size === 1).toBe(true);
          expect(budget.bytes).toBe(held.bytes);
        }
        held.clear();
        expect(held.bytes).toBe(0);
      }),
    );
  });
});
