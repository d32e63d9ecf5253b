import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { administrator } from './administrator.js';

const PATH = '/admin/namespaces';
/** What a credential is called. */
const ACTOR = `token:${createHash('sha256').update('root').digest('hex').slice(0, 16)}`;

describe('POST /admin/namespaces', () => {
  it('registers a namespace, and says where it is and at which revision', async () => {
    const { ask, admin } = administrator();
    const spec = {
      id: 'acme.search',
      tier: 'pro',
      quotas: {
        max_vectors: 10,
        max_queries_per_minute: { limit: 60, action: 'throttle' },
        max_dimension: null,
      },
      metadata: { constructor: 'x', team: 'search' },
      tags: ['prod'],
      policies: { retention_days: null, upstream: { url: 'http://127.0.0.1:9', dialect: 'cohere-v2' } },
      access: { owners: [{ team: 'search' }] },
    };
    const { status, headers, body } = await ask('post', PATH, { body: spec });
    expect([status, headers.location, headers.etag]).toEqual([201, '/admin/namespaces/acme.search', '"1"']);
    expect(headers['cache-control']).toBe('no-store');
    expect(body).toMatchObject({
      id: 'acme.search',
      tier: 'pro',
      metadata: spec.metadata,
      access: spec.access,
    });
    expect(admin.asked).toEqual([
      [
        'create',
        spec,
        { actor: ACTOR, requestId: headers['x-request-id'], ifMatch: undefined, idempotencyKey: undefined },
      ],
    ]);
  });

  it('takes null for what is not there', async () => {
    const { ask, admin } = administrator();
    const { status } = await ask('post', PATH, {
      body: { id: 'a', owner: null, quotas: null, capacity: null },
    });
    expect([status, (admin.asked as unknown[][])[0]![1]]).toEqual([201, { id: 'a' }]);
  });

  it('refuses a second one of the same name', async () => {
    const { ask } = administrator();
    await ask('post', PATH, { body: { id: 'abc' } });
    const { status, body } = await ask('post', PATH, { body: { id: 'abc' } });
    expect([status, body.error.code]).toEqual([409, 'CONFLICT']);
  });

  it('repeats its first answer to the same key, and refuses the key with another body', async () => {
    const { ask } = administrator();
    const headers = { 'Idempotency-Key': 'k-1' };
    const first = await ask('post', PATH, { body: { id: 'abc' }, headers });
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    const again = await ask('post', PATH, { body: { id: 'abc' }, headers });
    expect([again.status, again.body]).toEqual([201, first.body]);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect((await ask('post', PATH, { body: { id: 'abd' }, headers })).status).toBe(422);
  });

  it.each([[''], ['x'.repeat(256)], ['caf\u00e9']])('refuses the key %j', async (key) => {
    const { ask, admin } = administrator();
    const headers = { 'Idempotency-Key': key };
    const { status, body } = await ask('post', PATH, { body: { id: 'abc' }, headers });
    expect([status, body.error.code]).toEqual([400, 'BAD_REQUEST']);
    expect(admin.asked).toEqual([]);
  });

  it('takes a key of 255 characters', async () => {
    const { ask } = administrator();
    const headers = { 'Idempotency-Key': 'x'.repeat(255) };
    expect((await ask('post', PATH, { body: { id: 'abc' }, headers })).status).toBe(201);
  });

  it('hands a full registry on as 429', async () => {
    const { ask, admin } = administrator();
    const { AppError } = await import('../../../src/base/errors.js');
    admin.failure = new AppError('QUOTA_EXCEEDED', 'Namespace limit exceeded: 3 / 3');
    const { status, body } = await ask('post', PATH, { body: { id: 'abc' } });
    expect([status, body.error.message]).toEqual([429, 'Namespace limit exceeded: 3 / 3']);
  });
});

describe('GET /admin/namespaces', () => {
  const filled = async () => {
    const app = administrator();
    for (const id of ['b', 'a.x', 'a', 'c'])
      await app.ask('post', PATH, { body: { id, tags: [`is-${id}`] } });
    app.admin.asked.length = 0;
    return app;
  };
  const ids = ({ body }: { body: { namespaces: { id: string }[] } }) => body.namespaces.map(({ id }) => id);

  it('answers page by page', async () => {
    const { ask } = await filled();
    const first = await ask('get', `${PATH}?limit=3`);
    expect([ids(first), first.body.next_cursor]).toEqual([['a', 'a.x', 'b'], 'b']);
    const second = await ask('get', `${PATH}?limit=3&cursor=${first.body.next_cursor}`);
    expect([ids(second), second.body.next_cursor]).toEqual([['c'], null]);
  });

  it('hands its parameters on, decoded, and empty ones not at all', async () => {
    const { ask, admin } = await filled();
    const all = '?limit=1000&cursor=a&prefix=a&parent=a&tenant=a%20b&status=read_only&tag=is-a';
    expect((await ask('get', PATH + all)).status).toBe(200);
    expect(ids(await ask('get', `${PATH}?limit=&cursor=&prefix=&parent=&tenant=&status=&tag=`))).toHaveLength(
      4,
    );
    expect(admin.asked).toEqual([
      [
        'list',
        {
          limit: 1000,
          cursor: 'a',
          prefix: 'a',
          parent: 'a',
          tenant: 'a b',
          status: 'read_only',
          tag: 'is-a',
        },
      ],
      ['list', {}],
    ]);
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=1001', 'limit'],
    ['limit=ten', 'limit'],
    ['limit=1e2', 'limit'],
    ['limit=-1', 'limit'],
    ['limit=5&limit=5', 'limit'],
    ['tag=a&tag=', 'tag'],
    ['status=gone', 'status'],
    ['sort=id', 'sort'],
    ['__proto__=1', '__proto__'],
    ['constructor=1', 'constructor'],
    [`cursor=${'x'.repeat(513)}`, 'cursor'],
    ['cursor=%00', 'cursor'],
    [`prefix=${'x'.repeat(65)}`, 'prefix'],
  ])('refuses ?%s', async (query, name) => {
    const { ask } = await filled();
    const { status, body } = await ask('get', `${PATH}?${query}`);
    expect([status, body.error.detail[0].loc]).toEqual([422, ['query_string', name]]);
  });

  it('refuses a parent that is no name', async () => {
    const { ask } = await filled();
    const { status, body } = await ask('get', `${PATH}?parent=..`);
    expect([status, body.error.message]).toEqual([400, 'Invalid namespace']);
  });

  it('answers HEAD without a body', async () => {
    const { ask } = await filled();
    const { status, headers, text } = await ask('head', PATH);
    expect([status, text, Number(headers['content-length']) > 2]).toEqual([200, undefined, true]);
  });
});

describe('GET, PATCH and DELETE /admin/namespaces/{id}', () => {
  const filled = async () => {
    const app = administrator();
    await app.ask('post', PATH, { body: { id: 'shop', owner: 'me' } });
    app.admin.asked.length = 0;
    return app;
  };

  it('answers a namespace with its revision', async () => {
    const { ask } = await filled();
    const { status, headers, body } = await ask('get', `${PATH}/shop`);
    expect([status, headers.etag, body.id]).toEqual([200, '"1"', 'shop']);
    expect((await ask('get', `${PATH}/shop/`)).body).toEqual(body);
    expect((await ask('head', `${PATH}/shop`)).headers.etag).toBe('"1"');
  });

  it('changes what is given, null takes away', async () => {
    const { ask, admin } = await filled();
    const patch = { owner: null, tags: ['x'], policies: { cache_enabled: null, weight_dense: 0.5 } };
    const { status, headers, body } = await ask('patch', `${PATH}/shop`, { body: patch });
    expect([status, headers.etag, body.owner, body.tags]).toEqual([200, '"2"', null, ['x']]);
    expect((admin.asked as unknown[][])[0]!.slice(0, 3)).toEqual(['update', 'shop', patch]);
  });

  it('takes a merge patch by its own media type', async () => {
    const { ask } = await filled();
    const headers = { 'Content-Type': 'application/merge-patch+json' };
    expect((await ask('patch', `${PATH}/shop`, { body: { owner: 'you' }, headers })).body.owner).toBe('you');
    const other = { 'Content-Type': 'application/x-yaml' };
    expect((await ask('patch', `${PATH}/shop`, { body: { owner: 'they' }, headers: other })).status).toBe(
      415,
    );
  });

  it.each([{ id: 'other' }, { status: 'active' }, { revision: 3 }])('does not change %j', async (patch) => {
    const { ask } = await filled();
    const { status, body } = await ask('patch', `${PATH}/shop`, { body: patch });
    expect([status, body.error.detail]).toEqual([
      422,
      [{ loc: Object.keys(patch), msg: 'is not a field of this request', type: 'extra_forbidden' }],
    ]);
  });

  it.each([
    ['patch', '', { owner: 'you' }],
    ['put', '/quotas', {}],
    ['put', '/status', { status: 'read_only' }],
    ['delete', '', undefined],
  ] as const)('%s %s holds to If-Match', async (method, what, body) => {
    const { ask, admin } = await filled();
    const stale = await ask(method, `${PATH}/shop${what}`, { body, headers: { 'If-Match': '"7"' } });
    expect([stale.status, stale.body.error.code]).toEqual([412, 'PRECONDITION_FAILED']);
    expect(admin.namespaces.get('shop')!.revision).toBe(1);
    const right = await ask(method, `${PATH}/shop${what}`, { body, headers: { 'If-Match': '"1"' } });
    expect([right.status, right.headers.etag]).toEqual([method === 'delete' ? 202 : 200, '"2"']);
  });

  it('deletes with grace, and takes that back', async () => {
    const { ask, admin } = await filled();
    const { status, body } = await ask('delete', `${PATH}/shop?grace=60`);
    expect([status, body.status]).toEqual([202, 'pending_deletion']);
    expect((admin.asked as unknown[][])[0]!.slice(0, 3)).toEqual([
      'remove',
      'shop',
      { force: false, graceS: 60 },
    ]);
    expect((await ask('put', `${PATH}/shop/status`, { body: { status: 'active' } })).status).toBe(409);
    const restored = await ask('post', `${PATH}/shop/restore`);
    expect([restored.status, restored.body.status, restored.headers.etag]).toEqual([200, 'active', '"3"']);
    expect((await ask('post', `${PATH}/shop/restore`)).status).toBe(409);
  });

  it.each(['force=true', 'force=1&grace=0', 'grace=0&force=true'])(
    'purges at once with ?%s',
    async (query) => {
      const { ask } = await filled();
      const { status, headers, body } = await ask('delete', `${PATH}/shop?${query}`);
      expect([status, body.status, body.verified, headers.etag]).toEqual([200, 'deleted', true, undefined]);
      expect((await ask('get', `${PATH}/shop`)).status).toBe(404);
    },
  );

  it.each([
    'force=yes',
    'force=true&grace=5',
    'grace=-1',
    'grace=315360001',
    'force=true&force=true',
    'now=true',
  ])('deletes nothing with ?%s', async (query) => {
    const { ask, admin } = await filled();
    expect((await ask('delete', `${PATH}/shop?${query}`)).status).toBe(422);
    expect(admin.asked).toEqual([]);
  });

  it('does not delete the default namespace', async () => {
    const { ask } = await filled();
    await ask('post', PATH, { body: { id: 'default' } });
    const { status, body } = await ask('delete', `${PATH}/default?force=true`);
    expect([status, body.error.message]).toEqual([409, 'The default namespace cannot be deleted']);
  });
});

describe('the other routes of a namespace', () => {
  const filled = async () => {
    const app = administrator();
    await app.ask('post', PATH, { body: { id: 'shop' } });
    app.admin.asked.length = 0;
    return app;
  };

  it('sets quotas as a whole', async () => {
    const { ask } = await filled();
    const quotas = {
      max_vectors: 5,
      max_connections: null,
      max_memory_mb: { limit: 64, warning_threshold: 0.5 },
    };
    const { status, headers, body } = await ask('put', `${PATH}/shop/quotas`, { body: quotas });
    expect([status, headers.etag]).toEqual([200, '"2"']);
    expect(body.quotas.max_memory_mb).toEqual({ limit: 64, warning_threshold: 0.5, action: 'reject' });
  });

  it('sets a status', async () => {
    const { ask } = await filled();
    const { status, body } = await ask('put', `${PATH}/shop/status`, { body: { status: 'suspended' } });
    expect([status, body.status]).toEqual([200, 'suspended']);
  });

  it.each(['pending_deletion', 'deleted', 'degraded', 'provisioning', 'ACTIVE', '', null, 5])(
    'sets no status %j',
    async (status) => {
      const { ask, admin } = await filled();
      const answer = await ask('put', `${PATH}/shop/status`, { body: { status } });
      expect([answer.status, answer.body.error.detail[0].loc]).toEqual([422, ['status']]);
      expect(admin.asked).toEqual([]);
    },
  );

  it.each(['stats', 'resolve'])('tells its %s', async (what) => {
    const { ask } = await filled();
    const { status, body } = await ask('get', `${PATH}/shop/${what}`);
    expect([status, body.namespace_id]).toEqual([200, 'shop']);
    expect((await ask('get', `${PATH}/shop/${what}?verbose=1`)).status).toBe(422);
  });

  it('tells the totals', async () => {
    const { ask } = await filled();
    expect((await ask('get', '/admin/stats')).body.total_namespaces).toBe(1);
  });
});
