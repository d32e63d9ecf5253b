import { describe, expect, it } from 'vitest';
import { QueryMemo, sameVectors } from '../../src/namespaces/query-memo.js';
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
    const memo = new QueryMemo(16);
    memo.set('a query', known('cell'));
    expect(memo.get('a query')?.cellId).toBe('cell');
    expect(memo.get('A query')).toBeUndefined();
    memo.clear();
    expect(memo.get('a query')).toBeUndefined();
  });

  it('property 15: holds a bounded number and says what they take', () => {
    const memo = new QueryMemo(16);
    expect(memo.bytes).toBe(0);
    for (let i = 0; i < 5000; i++) memo.set(`query ${i}`, known(`${i}`));
    expect(memo.get('query 0')).toBeUndefined();
    expect(memo.get('query 4999')?.cellId).toBe('4999');
    const full = memo.bytes;
    memo.set('one more', known('more'));
    expect(memo.bytes).toBe(full);
  });
});

describe('sameVectors', () => {
  it('compares by identity, length and order', () => {
    const [a, b] = [randomUnit(1), randomUnit(2)];
    expect(sameVectors([a, b], [a, b])).toBe(true);
    expect(sameVectors([a, b], [b, a])).toBe(false);
    expect(sameVectors([a], [a, b])).toBe(false);
    expect(sameVectors([a], [Float32Array.from(a)])).toBe(false);
  });
});
