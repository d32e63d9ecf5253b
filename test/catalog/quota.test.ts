import { describe, expect, it } from 'vitest';
import type { ValidationIssue } from '../../src/base/errors.js';
import { ceilingProblem, QUOTA_NAMES, readQuotas, TIER_QUOTAS } from '../../src/catalog/quota.js';

function read(given: unknown) {
  const issues: ValidationIssue[] = [];
  return { quotas: readQuotas(given, issues), locs: issues.map(({ loc }) => loc.join('.')) };
}

const FULL = { warning_threshold: 0.8, action: 'reject' };

describe('quotas', () => {
  it('are a number, null, or written out', () => {
    const raise = { above: 0.85, factor: 1.5, ceiling: 20 };
    expect(
      read({
        max_dimension: 1536,
        max_results_per_query: null,
        max_vectors: { limit: 0, auto_raise: raise },
        max_requests_per_second: { limit: 10, warning_threshold: 1, action: 'throttle', burst: 30 },
      }),
    ).toEqual({
      quotas: {
        max_dimension: { limit: 1536, ...FULL },
        max_results_per_query: { limit: null, ...FULL },
        max_vectors: { limit: 0, ...FULL, auto_raise: raise },
        max_requests_per_second: { limit: 10, warning_threshold: 1, action: 'throttle', burst: 30 },
      },
      locs: [],
    });
  });

  it('read back are the same', () => {
    const { quotas } = read({ max_vectors: { limit: 5, action: 'alert' }, max_queries_per_day: 7 });
    expect(read(JSON.parse(JSON.stringify(quotas))).quotas).toEqual(quotas);
  });

  it.each([
    [{ max_vectors: -1 }, 'quotas.max_vectors'],
    [{ max_vectors: 1.5 }, 'quotas.max_vectors'],
    [{ max_vectors: Number.NaN }, 'quotas.max_vectors'],
    [{ max_vectors: Number.POSITIVE_INFINITY }, 'quotas.max_vectors'],
    [{ max_vectors: 2 ** 53 }, 'quotas.max_vectors'],
    [{ max_vectors: '10' }, 'quotas.max_vectors'],
    [{ max_vectors: true }, 'quotas.max_vectors'],
    [{ max_vectors: [1] }, 'quotas.max_vectors'],
    [{ max_requests_per_second: 0 }, 'quotas.max_requests_per_second'],
    [{ max_vectors: {} }, 'quotas.max_vectors.limit'],
    [{ max_vectors: { limit: -1 } }, 'quotas.max_vectors.limit'],
    [{ max_vectors: { limit: 1, colour: 1 } }, 'quotas.max_vectors.colour'],
    [{ max_vectors: { limit: 1, warning_threshold: 0 } }, 'quotas.max_vectors.warning_threshold'],
    [{ max_vectors: { limit: 1, warning_threshold: 1.01 } }, 'quotas.max_vectors.warning_threshold'],
    [{ max_vectors: { limit: 1, warning_threshold: Number.NaN } }, 'quotas.max_vectors.warning_threshold'],
    [{ max_vectors: { limit: 1, action: 'explode' } }, 'quotas.max_vectors.action'],
    [{ max_vectors: { limit: 1, burst: 2 } }, 'quotas.max_vectors.burst'],
    [{ max_queries_per_day: { limit: 1, burst: 0 } }, 'quotas.max_queries_per_day.burst'],
    [{ max_queries_per_day: { limit: 1, burst: 1.5 } }, 'quotas.max_queries_per_day.burst'],
    [
      { max_dimension: { limit: 1, auto_raise: { above: 0.5, factor: 2, ceiling: 9 } } },
      'quotas.max_dimension.auto_raise',
    ],
    [
      { max_vectors: { limit: null, auto_raise: { above: 0.5, factor: 2, ceiling: 9 } } },
      'quotas.max_vectors.auto_raise',
    ],
    [
      { max_vectors: { limit: 10, auto_raise: { above: 0.5, factor: 2, ceiling: 9 } } },
      'quotas.max_vectors.auto_raise.ceiling',
    ],
    [
      { max_vectors: { limit: 1, auto_raise: { above: 0, factor: 2, ceiling: 9 } } },
      'quotas.max_vectors.auto_raise.above',
    ],
    [
      { max_vectors: { limit: 1, auto_raise: { above: 1, factor: 1, ceiling: 9 } } },
      'quotas.max_vectors.auto_raise.factor',
    ],
    [{ max_vectors: { limit: 1, auto_raise: 2 } }, 'quotas.max_vectors.auto_raise'],
    [{ max_bananas: 1 }, 'quotas.max_bananas'],
    [JSON.parse('{"__proto__": 1}'), 'quotas.__proto__'],
    [[], 'quotas'],
    [null, 'quotas'],
  ])('%j is refused where it is wrong', (given, loc) => {
    expect(read(given)).toEqual({ quotas: {}, locs: [loc] });
  });

  it('of the tiers are those of the table', () => {
    const limits = (tier: 'free' | 'pro' | 'unlimited') =>
      QUOTA_NAMES.map((name) => TIER_QUOTAS[tier][name]?.limit).filter((limit) => limit !== undefined);
    // 104857600 = 100 · 1024 · 1024, 10737418240 = 10 · 1024 · 1024 · 1024
    expect(limits('free')).toEqual([10_000, 104_857_600, 1536, 10, 2, 100, 100]);
    expect(limits('pro')).toEqual([1_000_000, 10_737_418_240, 4096, 100, 20, 1000, 1000]);
    expect(limits('unlimited')).toEqual([]);
  });

  it('above the ceiling of their tier are named in words, whatever way they would exceed it', () => {
    const spec = (limit: number | null) => ({ limit, warning_threshold: 0.8, action: 'reject' as const });
    expect(ceilingProblem('free', 'max_vectors', spec(10_001))).toBe('Free tier limited to 10000 vectors');
    expect(ceilingProblem('free', 'max_vectors', spec(null))).toBe('Free tier limited to 10000 vectors');
    expect(ceilingProblem('pro', 'max_requests_per_second', { ...spec(5), burst: 101 })).toBe(
      'Pro tier limited to 100 requests/second',
    );
    const raised = { ...spec(5), auto_raise: { above: 0.5, factor: 2, ceiling: 10_001 } };
    expect(ceilingProblem('free', 'max_vectors', raised)).toBe('Free tier limited to 10000 vectors');
    const alerting = { ...spec(5), action: 'alert' as const };
    expect(ceilingProblem('free', 'max_vectors', alerting)).toBe('Free tier limited to 10000 vectors');
    expect(ceilingProblem('free', 'max_namespaces', alerting)).toBeUndefined();
    expect(ceilingProblem('unlimited', 'max_vectors', alerting)).toBeUndefined();
    expect(ceilingProblem('free', 'max_vectors', { ...spec(5), action: 'throttle' })).toBeUndefined();
    expect(ceilingProblem('free', 'max_vectors', spec(10_000))).toBeUndefined();
    expect(ceilingProblem('free', 'max_namespaces', spec(null))).toBeUndefined();
    expect(ceilingProblem('unlimited', 'max_vectors', spec(null))).toBeUndefined();
  });
});
