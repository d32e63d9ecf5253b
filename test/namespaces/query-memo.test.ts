import { describe, expect, it } from 'vitest';
import { QueryMemo, sameTexts } from '../../src/namespaces/query-memo.js';
import { NO_GUARD, randomUnit } from '../fixtures/memory.js';

const known = (cellId: string) => ({
  cellId,
  guard: NO_GUARD,
  guardJson: '{}',
  embedding: randomUnit(1),
  keyed: null,
});

describe('QueryMemo', () => {
  it('remembers queries by their text', () => {
    const memo = new QueryMemo(16, 2 ** 24);
    memo.set('a query', known('cell'));
    expect(memo.get('a query')?.cellId).toBe('cell');
    expect(memo.get('A query')).toBeUndefined();
    memo.clear();
    expect(memo.get('a query')).toBeUndefined();
  });

  it('property 15: holds a bounded number of bytes, long queries taking more of them', () => {
    const memo = new QueryMemo(16, 2 ** 24);
    expect(memo.bytes).toBe(0);
    memo.set('short', known('short'));
    const short = memo.bytes;
    memo.set('long'.repeat(1000), known('long'));
    expect(memo.bytes - short).toBeGreaterThan(short + 2 * 3000);
    for (let i = 0; i < 3000; i++) memo.set(`${i}${' word'.repeat(2000)}`, known(`${i}`));
    expect(memo.bytes).toBeLessThanOrEqual(16 * 2 ** 20);
    expect([memo.get('short'), memo.get(`2999${' word'.repeat(2000)}`)?.cellId]).toEqual([undefined, '2999']);
  });
});

describe('sameTexts', () => {
  it('compares ids, their number and order', () => {
    const [a, b] = [{ id: 1 }, { id: 2 }];
    expect(sameTexts([1, 2], [a, b])).toBe(true);
    expect(sameTexts([1, 2], [b, a])).toBe(false);
    expect(sameTexts([1], [a, b])).toBe(false);
    expect(sameTexts([1, 2], [a])).toBe(false);
  });
});
