import { describe, expect, it } from 'vitest';
import { AppError, type ErrorCode } from '../../../src/base/errors.js';
import { ADMIN_ROUTES } from '../../../src/http/routes/admin-table.js';
import { harness } from '../harness.js';
import { administrator, type Method } from './administrator.js';

const routes = ADMIN_ROUTES.map(
  ({ method, path }) => [method.toLowerCase() as Method, path.replace('{id}', 'shop')] as const,
);

/** A body that the route takes, where it takes one. */
function bodyOf(method: Method, path: string): object | undefined {
  if (method === 'get' || method === 'delete' || path.endsWith('restore')) return undefined;
  if (path.endsWith('status')) return { status: 'active' };
  if (path.endsWith('apply')) return { namespaces: [] };
  return path === '/admin/namespaces' ? { id: 'fresh' } : {};
}

describe('each route that manages namespaces', () => {
  it.each(routes)('%s %s is for administrators alone', async (method, path) => {
    const { ask, admin } = administrator();
    const body = bodyOf(method, path);
    for (const token of [null, 'plain', 'wrong']) {
      const answer = await ask(method, path, { body, token });
      expect([answer.status, answer.body.error.code]).toEqual([401, 'UNAUTHORIZED']);
      expect(answer.headers['cache-control']).toBe('no-store');
    }
    expect(admin.asked).toEqual([]);
  });

  it.each(routes)('%s %s does not exist without administrators', async (method, path) => {
    const { client, services } = harness({ apiTokens: ['plain'] });
    const answer = await client[method](path).set('Authorization', 'Bearer plain').send(bodyOf(method, path));
    expect([answer.status, answer.body.error.message]).toEqual([404, 'No such route']);
    expect((await client.options(path)).status).toBe(404);
    expect(services.admin.asked).toEqual([]);
  });

  it.each(routes)('%s %s knows one namespace, the one it names', async (method, path) => {
    const { ask, admin } = administrator();
    const answer = await ask(method, `/ns/other${path}`, { body: bodyOf(method, path) });
    expect([answer.status, answer.body.error.message]).toEqual([400, 'Invalid namespace']);
    expect(admin.asked).toEqual([]);
    const headers = { 'X-NeuralCache-Namespace': 'other' };
    expect((await ask(method, path, { body: bodyOf(method, path), headers })).status).not.toBe(400);
    expect(JSON.stringify(admin.asked)).not.toContain('other');
  });

  it.each(routes)('%s %s is counted by its pattern, never by the name in it', async (method, path) => {
    const { ask, services } = administrator();
    await ask(method, path, { body: bodyOf(method, path) });
    const [counted] = services.counted;
    expect([counted!.endpoint, counted!.namespace]).toEqual([path.replace('shop', '{id}'), undefined]);
  });

  it.each(routes)('%s %s takes no parameter that it does not know', async (method, path) => {
    const { ask, admin } = administrator();
    const answer = await ask(method, `${path}?surprise=1`, { body: bodyOf(method, path) });
    expect([answer.status, answer.body.error.detail[0].loc]).toEqual([422, ['query_string', 'surprise']]);
    expect(admin.asked).toEqual([]);
  });

  it.each(routes)('%s %s answers as described whatever happens behind it', async (method, path) => {
    const { ask, admin } = administrator();
    const reads: readonly ErrorCode[] = ['NOT_FOUND', 'UNAVAILABLE', 'VALIDATION_ERROR'];
    const writes: readonly ErrorCode[] = ['CONFLICT', 'PRECONDITION_FAILED', 'QUOTA_EXCEEDED'];
    for (const code of method === 'get' ? reads : [...reads, ...writes]) {
      admin.failure = new AppError(code, 'no', code === 'VALIDATION_ERROR' ? [] : null);
      const { status, headers, body } = await ask(method, path, { body: bodyOf(method, path) });
      expect([status, body.error.message, headers['cache-control']]).toEqual([
        admin.failure instanceof AppError && admin.failure.status,
        'no',
        'no-store',
      ]);
    }
    admin.failure = new Error('secret of the disk');
    const { status, text } = await ask(method, path, { body: bodyOf(method, path) });
    expect([status, text.includes('secret')]).toEqual([500, false]);
  });

  it.each([
    ['put', '/admin/namespaces', 'GET, HEAD, POST, OPTIONS', 'Use GET, POST'],
    ['post', '/admin/namespaces/shop', 'GET, HEAD, PATCH, DELETE, OPTIONS', 'Use GET, PATCH, DELETE'],
    ['get', '/admin/namespaces/shop/quotas', 'PUT, OPTIONS', 'Use PUT'],
    ['head', '/admin/namespaces/shop/restore', 'POST, OPTIONS', undefined],
    ['delete', '/admin/audit', 'GET, HEAD, OPTIONS', 'Use GET'],
    ['get', '/admin/apply', 'POST, OPTIONS', 'Use POST'],
  ] as const)('%s %s is refused with the methods there are', async (method, path, allow, message) => {
    const { client } = administrator();
    const { status, headers, body } = await client[method](path).set('Authorization', 'Bearer root');
    expect([status, headers.allow, body.error?.message]).toEqual([405, allow, message]);
    const options = await client.options(path);
    expect([options.status, options.headers.allow]).toEqual([204, allow]);
  });

  it('is not mistaken for a path that ends as those of other APIs do', async () => {
    const { client, services } = administrator();
    const request = { query: 'q', documents: ['a'] };
    for (const path of ['/admin/namespaces/rerank', '/admin/namespaces/v1/rerank', '/admin/rerank']) {
      const { status } = await client.post(path).set('Authorization', 'Bearer plain').send(request);
      expect([path, status]).toEqual([path, path === '/admin/namespaces/rerank' ? 405 : 404]);
    }
    expect(services.ranked).toEqual([]);
  });

  it('finds both a model and a ranking at a path that is either', async () => {
    const { client } = administrator();
    expect((await client.options('/v1/models/rerank')).headers.allow).toBe('GET, HEAD, POST, OPTIONS');
  });

  it.each(['/admin/namespaces/shop', '/admin/stats'])('%s wants JSON to be accepted', async (path) => {
    const { ask } = administrator();
    expect((await ask('get', path, { headers: { Accept: 'text/html' } })).status).toBe(406);
  });
});
