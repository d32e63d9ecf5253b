import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RemoteNamespaceAdmin } from '../../src/commands/remote-namespace-admin.js';
import { AppHome } from '../app/app-home.js';

const TOKEN = 'admin-token-of-a-test';
const BY = { actor: 'cli:ann', requestId: 'r1' };

let home: AppHome;
let admin: RemoteNamespaceAdmin;
beforeEach(async () => {
  home = new AppHome();
  const app = await home.start({ STORAGE_BACKEND: 'memory', ADMIN_TOKENS: TOKEN });
  admin = new RemoteNamespaceAdmin(`http://127.0.0.1:${app.port}/`, TOKEN);
});
afterEach(() => home.remove());

describe('managing the namespaces of a running server', () => {
  it('creates once, however often it is repeated by its key', async () => {
    const call = { ...BY, idempotencyKey: 'k1' };
    expect(await admin.create({ id: 'acme' }, call)).toMatchObject({
      namespace: { id: 'acme', revision: 1 },
      isRepeated: false,
    });
    expect(await admin.create({ id: 'acme' }, call)).toMatchObject({
      namespace: { revision: 1 },
      isRepeated: true,
    });
  });

  it('changes what has not changed meanwhile', async () => {
    await admin.create({ id: 'acme' }, BY);
    await admin.setQuotas('acme', { max_vectors: 5 }, { ...BY, ifMatch: '"1"' });
    await expect(admin.update('acme', { owner: 'ann' }, { ...BY, ifMatch: '"1"' })).rejects.toMatchObject({
      code: 'PRECONDITION_FAILED',
    });
    expect(await admin.update('acme', { owner: 'ann' }, { ...BY, ifMatch: '"2"' })).toMatchObject({
      owner: 'ann',
      quotas: { max_vectors: { limit: 5 } },
    });
  });

  it('tells where one is served, and of all together', async () => {
    await admin.create({ id: 'acme' }, BY);
    expect(await admin.resolve('acme')).toMatchObject({ namespace_id: 'acme', backend: 'memory' });
    expect(await admin.totals()).toMatchObject({ total_vectors: 0 });
  });

  it('pages', async () => {
    for (const id of ['aaa', 'bbb', 'ccc']) await admin.create({ id }, BY);
    const first = await admin.list({ limit: 2 });
    const second = await admin.list({ limit: 2, cursor: first.next_cursor! });
    expect([...first.namespaces, ...second.namespaces].map(({ id }) => id)).toEqual([
      'aaa',
      'bbb',
      'ccc',
      'default',
    ]);
    expect((await admin.audit({ limit: 2, action: 'namespace.create' })).next_cursor).not.toBeNull();
  });

  it('rejects with what the server says, by its code', async () => {
    await expect(admin.get('nobody')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: 'Namespace not found: nobody',
    });
    await expect(admin.create({ id: 'ab' }, BY)).rejects.toMatchObject({
      code: 'VALIDATION_ERROR',
      detail: [{ loc: ['id'] }],
    });
    await expect(admin.remove('default', { force: true }, BY)).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it.each(['a/b', 'a?b', 'a#b', 'a b', 'ä'])(
    'cannot name %j in a path, and asks for no other',
    async (id) => {
      await expect(admin.get(id)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    },
  );
});
