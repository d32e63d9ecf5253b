import { describe, expect, it } from 'vitest';
import { BOOM } from './fake-services.js';
import { BODY, harness } from './harness.js';

describe('errors', () => {
  it.each([
    ['GET', '/nothing'],
    ['POST', '/v2/rank'],
    ['POST', '/Rerank'],
    ['POST', '/v1/healthz'],
    ['POST', '/%72erank'],
    ['GET', '/ns/a/nothing'],
    ['OPTIONS', '/nothing'],
    ['GET', '/%zz'],
  ])('%s %s is a 404 that every client can read', async (method, path) => {
    const { client, services } = harness();
    const response = await (method === 'GET'
      ? client.get(path)
      : method === 'POST'
        ? client.post(path)
        : client.options(path));
    expect(response.status).toBe(404);
    const message = 'No such route';
    expect(response.body).toEqual({
      id: response.headers['x-request-id'],
      message,
      detail: message,
      error: { code: 'NOT_FOUND', message, param: null, type: 'not_found_error' },
    });
    expect(services.counted).toEqual([expect.objectContaining({ endpoint: 'other', status: 404 })]);
  });

  it('another method is a 405 that lists the right ones', async () => {
    const { client } = harness();
    const response = await client.get('/v1/rerank');
    expect([response.status, response.body.error.code]).toEqual([405, 'METHOD_NOT_ALLOWED']);
    expect(response.headers.allow).toBe('POST, OPTIONS');
    expect(response.body.message).toBe(response.body.error.message);
    expect((await client.delete('/healthz')).headers.allow).toBe('GET, HEAD, OPTIONS');
  });

  it.each(['text/html', 'application/xml;q=0.9', 'application/json;q=0'])(
    'Accept: %s is a 406',
    async (accept) => {
      const { client, services } = harness();
      const response = await client.post('/rerank').set('Accept', accept).send(BODY);
      expect([response.status, response.body.error.code]).toEqual([406, 'NOT_ACCEPTABLE']);
      expect(services.ranked).toEqual([]);
    },
  );

  it.each(['*/*', 'application/*', 'application/json, text/plain, */*', 'text/html, application/json;q=0.1'])(
    'Accept: %s is fine',
    async (accept) => {
      const { client } = harness();
      expect((await client.post('/rerank').set('Accept', accept).send(BODY)).status).toBe(200);
    },
  );

  it('a fault of ours is a 500 that leaks nothing, and the log has the request id', async () => {
    const { client, services } = harness();
    const response = await client.post('/rerank').send({ query: 'q', documents: [{ id: 'a', text: BOOM }] });
    expect(response.status).toBe(500);
    expect(response.body).toEqual({
      error: { code: 'INTERNAL_ERROR', message: 'Internal error', detail: null },
    });
    const [error] = services.logged.filter(({ level }) => level === 'error');
    expect(error?.fields).toMatchObject({ requestId: response.headers['x-request-id'], route: '/rerank' });
    expect(error?.fields.stack).toContain('fake-services');
  });

  it('every answer carries version, id and nosniff, and no word about Express', async () => {
    const { client } = harness();
    const answers = [
      await client.post('/rerank').send(BODY),
      await client.get('/nothing'),
      await client.get('/healthz'),
      await client.options('/rerank'),
      await client.post('/rerank').send('{'),
    ];
    for (const { headers } of answers) {
      expect(headers['x-neuralcache-api-version']).toBe('1');
      expect(headers['x-api-version']).toBe('1');
      expect(headers['x-request-id']).toMatch(/^req_\d+$/);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['x-powered-by']).toBeUndefined();
      expect(headers.etag).toBeUndefined();
    }
    expect(new Set(answers.map(({ headers }) => headers['x-request-id'])).size).toBe(answers.length);
  });

  it('HEAD answers like GET without a body, OPTIONS says what is allowed', async () => {
    const { client } = harness();
    const head = await client.head('/readyz');
    expect([head.status, head.text, Number(head.headers['content-length']) > 0]).toEqual([
      200,
      undefined,
      true,
    ]);
    const options = await client.options('/ns/a/v1/feedback');
    expect([options.status, options.headers.allow, options.text]).toEqual([204, 'POST, OPTIONS', '']);
  });
});
