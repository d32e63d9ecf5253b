import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DESCRIPTION } from '../description/described-answer.js';
import { valuesOf } from '../description/schema-values.js';
import { administrator } from './administrator.js';

const PATH = '/admin/apply';

describe('POST /admin/apply', () => {
  it('tells what would change, then changes it, then has nothing to do', async () => {
    const { ask, admin } = administrator();
    const namespaces = [{ id: 'acme', tier: 'pro', owner: null }, { id: 'acme.search' }];
    const dry = await ask('post', PATH, { body: { namespaces, dry_run: true } });
    expect([dry.status, dry.body.applied, dry.body.changes.length]).toEqual([200, false, 2]);
    expect(admin.namespaces.size).toBe(0);
    const real = await ask('post', PATH, { body: { namespaces, prune: true, dry_run: null } });
    expect([real.body.applied, real.body.changes[0].namespace]).toEqual([true, 'acme']);
    expect((await ask('post', PATH, { body: { namespaces } })).body).toEqual({
      changes: [],
      unchanged: 2,
      skipped: [],
      applied: true,
    });
    const asked = (admin.asked as unknown[][]).map(([, declared, options]) => [declared, options]);
    const given = [{ id: 'acme', tier: 'pro' }, { id: 'acme.search' }];
    expect(asked).toEqual([
      [given, { dryRun: true, prune: false }],
      [given, { dryRun: false, prune: true }],
      [given, { dryRun: false, prune: false }],
    ]);
  });

  it.each([
    [{}, ['namespaces']],
    [{ namespaces: {} }, ['namespaces']],
    [{ namespaces: [{ id: 'a' }, { id: 'b', tier: 5 }] }, ['namespaces', 1, 'tier']],
    [{ namespaces: [{ id: 'a', quotas: { max_vectors: 'x' } }] }, ['namespaces', 0, 'quotas', 'max_vectors']],
    [{ namespaces: [], defaults: {} }, ['defaults']],
    [{ namespaces: [], dry_run: 1 }, ['dry_run']],
    [{ namespaces: Array.from({ length: 10_001 }, () => ({ id: 'a' })) }, ['namespaces']],
  ])('refuses what breaks a rule: %#', async (body, loc) => {
    const { ask, admin } = administrator({ bodyLimitBytes: 2_000_000 });
    const answer = await ask('post', PATH, { body });
    expect([answer.status, answer.body.error.detail[0].loc]).toEqual([422, loc]);
    expect(admin.asked).toEqual([]);
  });
});

describe('GET /admin/audit', () => {
  it('answers entries page by page, and hands its parameters on', async () => {
    const { ask, admin } = administrator();
    for (const id of ['a', 'b', 'c']) await ask('post', '/admin/namespaces', { body: { id } });
    await ask('put', '/admin/namespaces/b/status', { body: { status: 'suspended' } });
    const first = await ask('get', '/admin/audit?limit=3');
    expect([first.body.entries.length, first.body.next_cursor]).toEqual([3, '3']);
    const second = await ask('get', '/admin/audit?limit=3&cursor=3');
    expect(second.body.entries).toMatchObject([
      { seq: 4, action: 'namespace.set_status', namespace: 'b', before: { status: 'active' } },
    ]);
    admin.asked.length = 0;
    const all = 'namespace=b&actor=cli%3Ame&action=namespace.create&since=2026-01-01T00:00:00%2B02:00';
    await ask('get', `/admin/audit?${all}`);
    expect(admin.asked).toEqual([
      [
        'audit',
        { namespace: 'b', actor: 'cli:me', action: 'namespace.create', since: '2026-01-01T00:00:00+02:00' },
      ],
    ]);
  });

  it.each([
    ['since=yesterday', 422],
    ['since=2026-01-01', 422],
    ['since=2026-13-01T00:00:00Z', 422],
    ['since=1767225600', 422],
    ['limit=5000', 422],
    ['namespace=a&namespace=b', 422],
    ['namespace=..', 400],
  ])('refuses ?%s', async (query, status) => {
    const { ask } = administrator();
    expect((await ask('get', `/admin/audit?${query}`)).status).toBe(status);
  });
});

describe('the schemas of requests', () => {
  it.each([
    ['post', '/admin/namespaces'],
    ['patch', '/admin/namespaces/{id}'],
    ['put', '/admin/namespaces/{id}/quotas'],
    ['put', '/admin/namespaces/{id}/status'],
    ['post', '/admin/apply'],
  ] as const)('%s %s takes whatever its schema allows', async (method, path) => {
    const { ask, admin } = administrator();
    const { requestBody } = DESCRIPTION.paths![path]![method]!;
    if (requestBody === undefined || '$ref' in requestBody) throw new Error('a body was expected');
    const contents = Object.values(requestBody.content);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...contents).chain(({ schema }) => valuesOf(schema!)),
        async (body) => {
          // No schema can say that a name is not to be this one.
          fc.pre(!JSON.stringify(body).includes('__proto__'));
          admin.namespaces.clear();
          await admin.create({ id: 'shop' }, { actor: 'me', requestId: 'r' });
          const answer = await ask(method, path.replace('{id}', 'shop'), { body });
          expect([answer.status, answer.body.error]).toEqual([
            method === 'post' && path.endsWith('s') ? 201 : 200,
            undefined,
          ]);
        },
      ),
      { numRuns: 150 },
    );
  });
});
