import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CatalogState } from '../../src/catalog/catalog-state.js';
import { POLICY_NAMES } from '../../src/catalog/policies.js';
import { QUOTA_NAMES, TIER_QUOTAS } from '../../src/catalog/quota.js';
import type { NamespaceRecord } from '../../src/catalog/record.js';
import { closedFamilyOf } from '../../src/catalog/resolve.js';
import { restrictiveness } from '../../src/catalog/status.js';
import { recordOf } from './home.js';

const spec = (limit: number | null) => ({ limit, warning_threshold: 0.8, action: 'reject' as const });

describe('what holds for a namespace', () => {
  it('that nobody registered, below nobody: it is active, unlimited and as the settings say', () => {
    expect(new CatalogState().effective('a.b')).toEqual({
      name: 'a.b',
      isRegistered: false,
      status: 'active',
      statusOf: 'a.b',
      tier: 'unlimited',
      tierOf: null,
      levels: [],
      policies: {},
      policiesOf: {},
    });
  });

  it('is its own, then that of those above, field by field', () => {
    const state = new CatalogState([
      recordOf('acme', {
        status: 'read_only',
        tier: 'free',
        quotas: { max_vectors: spec(500), max_namespaces: spec(9) },
        policies: { retention_days: 30, scorer: 'lexical' },
      }),
      recordOf('acme.search', { policies: { retention_days: null, cache_enabled: false } }),
      recordOf('acme.search.docs', { quotas: { max_vectors: spec(100) } }),
    ]);
    const effective = state.effective('acme.search.docs');
    expect(effective).toMatchObject({
      isRegistered: true,
      status: 'read_only',
      statusOf: 'acme',
      tier: 'free',
      tierOf: 'acme',
      policies: { retention_days: null, cache_enabled: false, scorer: 'lexical' },
      policiesOf: { retention_days: 'acme.search', cache_enabled: 'acme.search', scorer: 'acme' },
    });
    // `acme.search` limits nothing and is no pool; the table of a tier belongs to where the tier is set.
    expect(
      effective.levels.map(({ id, quotas }) => [id, [...quotas].map(([name, { limit }]) => [name, limit])]),
    ).toEqual([
      ['acme.search.docs', [['max_vectors', 100]]],
      [
        'acme',
        [
          ['max_vectors', 500],
          ['max_storage_bytes', 104_857_600],
          ['max_dimension', 1536],
          ['max_requests_per_second', 10],
          ['max_concurrent_queries', 2],
          ['max_results_per_query', 100],
          ['max_batch_size', 100],
          ['max_namespaces', 9],
        ],
      ],
    ]);
    expect(state.effective('acme.search.unknown')).toMatchObject({
      isRegistered: false,
      status: 'read_only',
      statusOf: 'acme',
      policiesOf: { retention_days: 'acme.search' },
    });
  });

  it('cannot be changed by who is told', () => {
    const { policies, levels } = new CatalogState([recordOf('a', { tier: 'free' })]).effective('a');
    expect(Object.isFrozen(policies)).toBe(true);
    expect(Object.isFrozen(levels)).toBe(true);
    expect(Object.isFrozen(levels[0])).toBe(true);
  });

  it('a family bounded in number takes nobody who is not registered, unless the bound only alerts', () => {
    const bound = spec(5);
    const state = new CatalogState([
      recordOf('a', { quotas: { max_namespaces: bound } }),
      recordOf('a.b'),
      recordOf('c', { quotas: { max_namespaces: { ...bound, action: 'alert' } } }),
    ]);
    const families = ['a', 'a.b', 'a.x', 'a.b.x', 'c.x', 'x'].map((name) =>
      closedFamilyOf(state.effective(name)),
    );
    expect(families).toEqual([undefined, undefined, 'a', 'a', undefined, undefined]);
  });

  it('whoever is registered, comes from the nearest registered one that says it, statuses from the strictest', () => {
    const label = fc.constantFrom('a', 'b');
    const id = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
    const fields = fc.record({
      status: fc.constantFrom('active', 'read_only', 'suspended', 'provisioning'),
      tier: fc.constantFrom(null, 'free', 'pro', 'unlimited'),
      policies: fc.record(
        { retention_days: fc.constantFrom(null, 1, 2), cache_enabled: fc.boolean(), weight_dense: fc.nat(3) },
        { requiredKeys: [] },
      ),
      quotas: fc.record(
        { max_vectors: fc.nat(9).map(spec), max_batch_size: fc.constant(spec(null)) },
        { requiredKeys: [] },
      ),
    });
    fc.assert(
      fc.property(fc.dictionary(id, fields), id, (known, asked) => {
        const records = Object.entries(known).map(([key, given]) =>
          recordOf(key, given as Partial<NamespaceRecord>),
        );
        const effective = new CatalogState(records).effective(asked);
        // Of a name with n labels: itself, then without the last, … down to the first.
        const labels = asked.split('.');
        const line = labels.map((_, cut) => labels.slice(0, labels.length - cut).join('.'));
        const chain = line.flatMap((name) => records.filter((record) => record.id === name));
        for (const policy of POLICY_NAMES) {
          const from = chain.find(({ policies }) => policies[policy] !== undefined);
          expect(effective.policies[policy]).toBe(from?.policies[policy]);
          expect(effective.policiesOf[policy]).toBe(from?.id);
        }
        expect(effective.tier).toBe(chain.find(({ tier }) => tier !== null)?.tier ?? 'unlimited');
        const strictest = Math.max(0, ...chain.map(({ status }) => restrictiveness(status)));
        expect(restrictiveness(effective.status)).toBe(strictest);
        for (const quota of QUOTA_NAMES) {
          const limits = effective.levels.map(({ id: at, quotas }) => [at, quotas.get(quota)?.limit]);
          const expected = chain.map(({ id: at, quotas, tier }) => [
            at,
            (quotas[quota] ?? (tier === null ? undefined : TIER_QUOTAS[tier][quota]))?.limit ?? undefined,
          ]);
          const isSet = (pair: unknown[]) => pair[1] !== undefined;
          expect(limits.filter(isSet)).toEqual(expected.filter(isSet));
        }
      }),
      { numRuns: 300 },
    );
  });
});
