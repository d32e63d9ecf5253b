import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { NamespaceSpec } from '../../src/management/namespace-admin.js';
import { MemoryCatalog } from '../../src/stores/catalog-memory.js';
import { StorageError } from '../../src/stores/store.js';
import { DeclaredHome, told } from './declared-home.js';
import { GRACE_S } from './home.js';

const BY = { actor: 'token:1', requestId: 'r0' };

let home: DeclaredHome;
beforeEach(async () => {
  home = await DeclaredHome.open();
});

describe('applying what is declared', () => {
  const family: NamespaceSpec[] = [
    { id: 'acme.search', quotas: { max_vectors: 10 } },
    { id: 'acme', tier: 'free', tenant_id: 'corp' },
    { id: 'partner', parent_id: 'acme' },
  ];

  it('makes what is not there, parents first, below their tenants', async () => {
    const plan = await home.apply(family);
    expect(told(plan)).toEqual(['create acme', 'create acme.search', 'create partner']);
    expect(plan).toMatchObject({ unchanged: 0, skipped: [], applied: true });
    expect(home.catalog.record('acme.search')).toMatchObject({
      tenant_id: 'corp',
      declared: true,
      status: 'active',
    });
    expect(home.catalog.record('partner')).toMatchObject({ tenant_id: 'corp', parent_id: 'acme' });
    expect(await home.log()).toEqual([
      'namespace.create acme',
      'namespace.create acme.search',
      'namespace.create partner',
    ]);
  });

  it('changes nothing the second time', async () => {
    await home.apply(family);
    const plan = await home.apply(family);
    expect(plan).toMatchObject({ changes: [], unchanged: 3, applied: true });
    expect(await home.log()).toHaveLength(3);
    expect(home.catalog.record('acme')!.revision).toBe(1);
  });

  it('is a plan alone in a dry run', async () => {
    const plan = await home.apply(family, { dryRun: true });
    expect(told(plan)).toHaveLength(3);
    expect(plan.applied).toBe(false);
    expect([home.catalog.records(), await home.log()]).toEqual([[], []]);
  });

  it('says of each field what it was and what it becomes', async () => {
    await home.apply([{ id: 'acme', tier: 'free', owner: 'ann' }]);
    const plan = await home.apply([{ id: 'acme', tier: 'pro', tags: ['eu'] }]);
    expect(plan.changes).toEqual([
      {
        action: 'update',
        namespace: 'acme',
        fields: {
          tier: { before: 'free', after: 'pro' },
          tags: { before: [], after: ['eu'] },
          owner: { before: 'ann', after: null },
        },
      },
    ]);
    const [entry] = (await home.admin.audit({ action: 'namespace.update' })).entries;
    expect(entry).toMatchObject({
      actor: 'cli:ann',
      before: { tier: 'free', tags: [], owner: 'ann' },
      after: { tier: 'pro', tags: ['eu'], owner: null },
    });
  });

  it('takes back what was changed by hand, but neither its status nor its tenant', async () => {
    await home.apply([{ id: 'acme', owner: 'ann' }]);
    await home.admin.update('acme', { owner: 'bob', tenant_id: 'corp' }, BY);
    await home.admin.setStatus('acme', 'suspended', BY);
    await home.apply([{ id: 'acme', owner: 'ann' }]);
    expect(home.catalog.record('acme')).toMatchObject({
      owner: 'ann',
      status: 'suspended',
      tenant_id: 'corp',
    });
  });

  it('leaves a limit that raised itself by the declared rule', async () => {
    const auto_raise = { above: 0.8, factor: 2, ceiling: 100 };
    const spec = { id: 'acme', quotas: { max_vectors: { limit: 10, auto_raise } } };
    await home.apply([spec]);
    await home.admin.setQuotas('acme', { max_vectors: { limit: 20, auto_raise } }, BY);
    expect((await home.apply([spec])).changes).toEqual([]);
    const ruled = {
      id: 'acme',
      quotas: { max_vectors: { limit: 10, auto_raise: { ...auto_raise, ceiling: 15 } } },
    };
    expect(told(await home.apply([ruled]))).toEqual(['update acme']);
    expect(home.catalog.record('acme')!.quotas.max_vectors!.limit).toBe(10);
  });

  it('takes over what was made otherwise, also what was merely used', async () => {
    await home.admin.create({ id: 'acme', owner: 'ann' }, BY);
    await home.store.commit('Used_Name', [{ put: { kind: 'cell', key: 'c', value: '{}' } }]);
    const plan = await home.apply([{ id: 'acme', owner: 'ann' }, { id: 'Used_Name' }, { id: 'default' }]);
    expect(told(plan)).toEqual(['update acme', 'create Used_Name', 'create default']);
    expect(plan.changes[0]!.fields).toEqual({ declared: { before: false, after: true } });
  });

  it('never deletes what is not declared', async () => {
    await home.apply(family);
    const plan = await home.apply([]);
    expect(plan).toMatchObject({ changes: [], skipped: [] });
    expect(home.catalog.records()).toHaveLength(3);
  });
});

describe('pruning', () => {
  it('leaves one with names in use below it that nobody registered', async () => {
    await home.apply([{ id: 'acme' }]);
    await home.store.commit('acme.raw', [{ put: { kind: 'cell', key: 'c', value: '{}' } }]);
    const plan = await home.apply([], { prune: true });
    expect(plan.skipped).toEqual([{ namespace: 'acme', reason: 'is not deleted: it has 1 below it' }]);
    expect(home.catalog.record('acme')!.status).toBe('active');
  });

  it('deletes, with grace, what was declared once, and nothing else', async () => {
    await home.apply([{ id: 'one-a' }, { id: 'two-b' }]);
    await home.admin.create({ id: 'by-hand' }, BY);
    const now = Math.floor(home.clock.now());
    const plan = await home.apply([{ id: 'one-a' }], { prune: true });
    expect(told(plan)).toEqual(['delete two-b']);
    expect(home.catalog.record('two-b')).toMatchObject({
      status: 'pending_deletion',
      deletion: { since: now, purge_at: now + 1000 * GRACE_S, before: 'active' },
    });
    expect(home.catalog.record('by-hand')!.status).toBe('active');
    expect((await home.apply([{ id: 'one-a' }], { prune: true })).changes).toEqual([]);
    expect((await home.log()).at(-1)).toBe('namespace.delete two-b');
  });

  it('is taken back by declaring it again', async () => {
    await home.apply([{ id: 'one-a' }]);
    await home.admin.setStatus('one-a', 'read_only', BY);
    await home.apply([], { prune: true });
    const plan = await home.apply([{ id: 'one-a', owner: 'ann' }]);
    expect(told(plan)).toEqual(['restore one-a']);
    expect(home.catalog.record('one-a')).toMatchObject({
      status: 'read_only',
      owner: 'ann',
      deletion: null,
      declared: true,
    });
  });

  it('leaves the default namespace, and who has others below, and says so', async () => {
    await home.apply([{ id: 'default' }, { id: 'acme' }, { id: 'acme.search' }]);
    await home.admin.create({ id: 'acme.by-hand' }, BY);
    const plan = await home.apply([], { prune: true });
    expect(told(plan)).toEqual(['delete acme.search']);
    expect(plan.skipped).toEqual([
      { namespace: 'acme', reason: 'is not deleted: it has 1 below it' },
      { namespace: 'default', reason: 'is the default namespace, which cannot be deleted' },
    ]);
  });

  it('deletes a whole family at once', async () => {
    await home.apply([
      { id: 'acme' },
      { id: 'acme.search' },
      { id: 'acme.search.europe' },
      { id: 'beta-one' },
    ]);
    await home.apply([{ id: 'beta-one' }, { id: 'partner', parent_id: 'acme' }]);
    const plan = await home.apply([{ id: 'beta-one' }], { prune: true });
    const all = ['acme.search.europe', 'partner', 'acme.search', 'acme'];
    expect([told(plan), plan.skipped]).toEqual([all.map((id) => `delete ${id}`), []]);
    expect(all.map((id) => home.catalog.record(id)!.status)).toEqual(all.map(() => 'pending_deletion'));
  });
});

describe('a namespace on its way out', () => {
  it('that was deleted while the file named it stays so, and that is said', async () => {
    await home.apply([{ id: 'acme' }]);
    await home.admin.remove('acme', { force: false }, BY);
    const plan = await home.apply([{ id: 'acme', owner: 'ann' }]);
    expect(plan).toMatchObject({ changes: [], unchanged: 0 });
    expect(plan.skipped).toEqual([
      {
        namespace: 'acme',
        reason: 'was deleted while the file named it: restore it, or take it out of the file',
      },
    ]);
    expect(home.catalog.record('acme')!.status).toBe('pending_deletion');
  });

  it('that is being purged is left alone', async () => {
    await home.admin.create({ id: 'acme' }, BY);
    const record = home.catalog.record('acme')!;
    const deletion = { since: 1, purge_at: 1, before: 'active' } as const;
    await home.catalog.change(BY, () => ({
      put: [{ ...record, status: 'deleted', deletion }],
      audit: [{ action: 'namespace.purge_begun', namespace: 'acme' }],
      result: undefined,
    }));
    const plan = await home.apply([{ id: 'acme' }, { id: 'other' }]);
    expect(told(plan)).toEqual(['create other']);
    expect(plan.skipped).toMatchObject([{ namespace: 'acme' }]);
  });

  it('that nobody declared before is restored by declaring it', async () => {
    await home.admin.create({ id: 'acme' }, BY);
    await home.admin.remove('acme', { force: false }, BY);
    expect(told(await home.apply([{ id: 'acme' }]))).toEqual(['restore acme']);
    expect((await home.log()).at(-1)).toBe('namespace.restore acme');
  });
});

describe('what cannot be', () => {
  it('is told all at once by where it is declared, and nothing is done', async () => {
    await home.admin.create({ id: 'corp', tenant_id: 'corp' }, BY);
    const failure = await home.refusal([
      { id: 'fine-one' },
      { id: 'corp.sub', tenant_id: 'other' },
      { id: 'free-one', tier: 'free', quotas: { max_vectors: 20_000 } },
      { id: 'orphan', parent_id: 'nobody' },
      { id: 'circle-a', parent_id: 'circle-b' },
      { id: 'circle-b', parent_id: 'circle-a' },
    ]);
    expect(failure.code).toBe('VALIDATION_ERROR');
    const issues = failure.detail as { loc: unknown[]; msg: string }[];
    expect(issues.map(({ loc, msg }) => [loc.join('.'), msg])).toEqual([
      ['namespaces.1.tenant_id', 'must be "corp", as that of its parent'],
      ['namespaces.2.quotas.max_vectors', 'Free tier limited to 10000 vectors'],
      ['namespaces.3.parent_id', 'must be a registered namespace'],
      ['namespaces.4.parent_id', 'would make a circle'],
    ]);
    expect(home.catalog.records().map(({ id }) => id)).toEqual(['corp']);
    expect(await home.log()).toHaveLength(1);
  });

  it.each([
    ['a name', { id: 'ab' }, 'namespaces.0.id'],
    ['a reserved name', { id: 'system.x' }, 'namespaces.0.id'],
    ['a policy', { id: 'acme', policies: { retention_days: -1 } }, 'namespaces.0.policies.retention_days'],
    ['a backend', { id: 'acme', backend: 'redis' }, 'namespaces.0.backend'],
    [
      'a parent that its name says otherwise',
      { id: 'acme.x-y-z', parent_id: 'other' },
      'namespaces.0.parent_id',
    ],
  ])('%s', async (_, spec, place) => {
    for (const dryRun of [true, false]) {
      const failure = await home.refusal([spec], { dryRun });
      expect((failure.detail as { loc: unknown[] }[])[0]!.loc.join('.')).toBe(place);
    }
    expect(home.catalog.records()).toEqual([]);
  });

  it('twice the same name', async () => {
    const failure = await home.refusal([{ id: 'acme' }, { id: 'acme' }]);
    expect(failure.detail).toMatchObject([{ loc: ['namespaces', 1, 'id'] }]);
  });

  it('a quota below what is used: 409', async () => {
    const puts = ['a', 'b', 'c'].map((key) => ({ put: { kind: 'cell', key, value: '{}' } }) as const);
    await home.store.commit('acme', puts);
    const failure = await home.refusal([{ id: 'other' }, { id: 'acme', quotas: { max_vectors: 2 } }]);
    expect([failure.code, failure.message]).toEqual(['CONFLICT', 'max_vectors is below use: 3 > 2']);
    expect(failure.detail).toMatchObject([{ loc: ['namespaces', 1] }]);
    expect(home.catalog.records()).toEqual([]);
  });

  it.each([
    [60, 50],
    [1000, 50],
    [2000, 25],
  ])('of %i that are wrong %i are told, for finding each costs a look at all', async (wrong, told) => {
    const specs = Array.from({ length: wrong }, (_, place) => ({
      id: `wrong-${place}`,
      tier: 'free' as const,
      quotas: { max_vectors: 20_000 },
    }));
    const failure = await home.refusal(specs, { dryRun: true });
    expect(failure.detail).toHaveLength(told);
  });

  it('more below than a family may have: 429, of the first that is too many', async () => {
    await home.admin.create({ id: 'acme', quotas: { max_namespaces: 1 } }, BY);
    const failure = await home.refusal([{ id: 'other' }, { id: 'acme.aaa' }, { id: 'acme.bbb' }], {
      dryRun: true,
    });
    expect([failure.code, failure.detail]).toMatchObject(['QUOTA_EXCEEDED', [{ loc: ['namespaces', 1] }]]);
  });

  it('a disk that does not take it: 503, and nothing is done', async () => {
    class Full extends MemoryCatalog {
      override async commit(): Promise<void> {
        throw new StorageError('full', 'no space');
      }
    }
    home = await DeclaredHome.open(new Full());
    const failure = await home.refusal([{ id: 'acme' }]);
    expect(failure.code).toBe('UNAVAILABLE');
    expect(home.catalog.records()).toEqual([]);
  });
});

describe('whatever is declared', () => {
  const ids = ['acme', 'acme.aaa', 'acme.aaa.xyz', 'bolt', 'bolt.aaa', 'corp'];
  const spec = fc.record(
    {
      id: fc.constantFrom(...ids),
      tier: fc.constantFrom('free' as const, 'pro' as const),
      owner: fc.constantFrom('ann', 'bob'),
      quotas: fc.record({ max_vectors: fc.integer({ min: 1, max: 20_000 }) }, { requiredKeys: [] }),
      policies: fc.record({ retention_days: fc.constantFrom(null, 5) }, { requiredKeys: [] }),
    },
    { requiredKeys: ['id'] },
  );
  const file = fc.uniqueArray(spec, { selector: ({ id }) => id, maxLength: 6 });

  it('is all done or nothing, a trial tells what is done, and again there is nothing to do', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(file, fc.boolean()), { maxLength: 4 }), async (rounds) => {
        const one = await DeclaredHome.open();
        for (const [specs, prune] of rounds) {
          const before = [...one.catalog.records()];
          const trial = await one.apply(specs, { dryRun: true, prune }).catch(String);
          expect(one.catalog.records()).toEqual(before);
          const done = await one.apply(specs, { prune }).catch(String);
          if (typeof done === 'string' || typeof trial === 'string') {
            expect(done).toBe(trial);
            expect(one.catalog.records()).toEqual(before);
            continue;
          }
          expect(done.changes).toEqual(trial.changes);
          expect((await one.apply(specs, { prune: false })).changes).toEqual([]);
          for (const { id, owner = null } of specs) expect(one.catalog.record(id)!.owner).toBe(owner);
        }
      }),
      { numRuns: 60 },
    );
  });
});
