import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.js';
import { harness } from './harness.js';

const PATH = '/admin/cache/purge';

describe('POST /admin/cache/purge', () => {
  const open = () => harness({ adminTokens: ['root'], apiTokens: ['plain'] });
  const send = ({ client }: ReturnType<typeof harness>, body: unknown, token = 'root') =>
    client
      .post(PATH)
      .set('Authorization', `Bearer ${token}`)
      .set('Content-Type', 'application/json')
      .send(JSON.stringify(body));

  it.each([{ namespace: 'a' }, { model: 'rerank-1' }, { all: true }])('purges %j', async (wish) => {
    const app = open();
    const { status, body } = await send(app, wish);
    expect([status, body]).toEqual([200, { status: 'ok', ...wish, purged: { pairs: 3 } }]);
    expect(app.services.purged).toEqual([wish]);
    const after = { ...wish, purged: { pairs: 3 } };
    const call = {
      actor: expect.stringMatching(/^token:[0-9a-f]{16}$/),
      requestId: 'req_1',
      ifMatch: undefined,
    };
    const { namespace = '' } = wish as { namespace?: string };
    expect(app.services.admin.asked).toEqual([['note', 'cache.purge', namespace, after, call]]);
  });

  it('is not answered as done where the audit log cannot be written', async () => {
    const app = open();
    app.services.admin.failure = new AppError('UNAVAILABLE', 'no');
    expect((await send(app, { all: true })).status).toBe(503);
  });

  it('names its namespace itself', async () => {
    const app = open();
    const { status } = await app.client
      .post(`/ns/a${PATH}`)
      .set('Authorization', 'Bearer root')
      .send({ all: true });
    expect([status, app.services.purged]).toEqual([400, []]);
  });

  it.each([
    [{}, 422],
    [{ namespace: 'a', all: true }, 422],
    [{ all: false }, 422],
    [{ all: null }, 422],
    [{ model: '' }, 422],
    [{ model: 'x'.repeat(1001) }, 422],
    [{ namespace: 5 }, 422],
    [{ namespace: '../a' }, 400],
    [{ all: true, force: true }, 422],
    [[], 422],
    [null, 422],
  ])('refuses %j', async (wish, expected) => {
    const app = open();
    expect((await send(app, wish)).status).toBe(expected);
    expect(app.services.purged).toEqual([]);
  });

  it('is for administrators alone, and their tokens open nothing else', async () => {
    const app = open();
    expect((await send(app, { all: true }, 'plain')).status).toBe(401);
    expect((await app.client.post(PATH).send({ all: true })).status).toBe(401);
    const { status } = await app.client.post('/rerank').set('Authorization', 'Bearer root').send({});
    expect(status).toBe(401);
    expect(app.services.purged).toEqual([]);
  });

  it('does not exist without administrators', async () => {
    const { client, services } = harness({ apiTokens: ['plain'] });
    const { status, body } = await client.post(PATH).set('Authorization', 'Bearer plain').send({ all: true });
    expect([status, body.error.code]).toEqual([404, 'NOT_FOUND']);
    expect(services.purged).toEqual([]);
  });

  it('refuses other methods', async () => {
    const { status, headers } = await open().client.get(PATH).set('Authorization', 'Bearer root');
    expect([status, headers.allow]).toEqual([405, 'POST, OPTIONS']);
  });
});
