import { describe, expect, it } from 'vitest';
import { createApp } from '../../src/http/app.js';
import { FakeServices, OPTIONS } from './fake-services.js';
import { BODY, harness } from './harness.js';

const REFUSED = 'A valid API token is required';
const TOKENS = { apiTokens: ['right-token', 'other-token'] };

describe('API tokens', () => {
  it.each([
    ['Authorization', 'Bearer right-token'],
    ['Authorization', 'bearer  other-token '],
    ['Authorization', 'ApiKey right-token'],
    ['x-api-key', 'right-token'],
    ['Api-Key', 'other-token'],
  ])('%s: %s is accepted', async (name, value) => {
    const { client } = harness(TOKENS);
    expect((await client.post('/rerank').set(name, value).send(BODY)).status).toBe(200);
  });

  it('one right token among several is enough', async () => {
    const { client } = harness(TOKENS);
    const headers = { Authorization: 'Bearer wrong', 'x-api-key': 'right-token' };
    expect((await client.post('/rerank').set(headers).send(BODY)).status).toBe(200);
  });

  it.each([
    {},
    { Authorization: 'Bearer wrong' },
    { Authorization: 'Bearer' },
    { Authorization: 'Bearer ' },
    { Authorization: 'right-token' },
    { Authorization: 'Basic right-token' },
    { Authorization: 'Bearer right-token other-token' },
    { 'x-api-key': 'RIGHT-TOKEN' },
    { 'x-api-key': 'right-token, other-token' },
    { 'x-api-key': 'right-toke' },
    { 'x-api-key': '' },
  ])('%j is a 401 that says how', async (headers) => {
    const { client, services } = harness(TOKENS);
    const response = await client.post('/rerank').set(headers).send(BODY);
    expect(response.status).toBe(401);
    expect(response.body.error).toEqual({
      code: 'UNAUTHORIZED',
      message: 'A valid API token is required',
      detail: null,
    });
    expect(response.headers['www-authenticate']).toBe('Bearer realm="neuralcache"');
    expect(services.ranked).toEqual([]);
  });

  it.each([
    ['x-pinecone-api-version', '2026-04', 401, { status: 401, error: { message: REFUSED } }],
    ['user-agent', 'ai-sdk/amazon-bedrock/4.0.186 runtime/node.js/20', 403, { message: REFUSED }],
    ['authorization', 'AWS4-HMAC-SHA256 Credential=A/20260101/x', 403, { message: REFUSED }],
    ['user-agent', 'ai-sdk/voyage/1.0.14 runtime/node.js/20', 401, { detail: REFUSED }],
  ])('a client known by %s: %s is refused in its own words', async (name, value, status, body) => {
    const { client } = harness(TOKENS);
    const response = await client.post('/rerank').set(name, value).send(BODY);
    expect(response.status).toBe(status);
    expect(response.body).toMatchObject(body);
  });

  it('are asked for before anything else is looked at', async () => {
    const { client } = harness({ ...TOKENS, bodyLimitBytes: 10 });
    const response = await client
      .post('/ns/bad!/rerank?use_cr=x')
      .set('Accept', 'text/html')
      .type('text/plain')
      .send('x'.repeat(1000));
    expect(response.status).toBe(401);
  });

  it('guard every route but liveness and readiness, once there are any', async () => {
    const open = harness();
    const guarded = harness(TOKENS);
    for (const path of ['/healthz', '/readyz']) expect((await guarded.client.get(path)).status).toBe(200);
    for (const path of ['/metrics', '/metrics/retention']) {
      expect((await open.client.get(path)).status).toBe(200);
      expect((await guarded.client.get(path)).status).toBe(401);
      expect((await guarded.client.get(path).set('x-api-key', 'right-token')).status).toBe(200);
    }
    for (const path of ['/rerank', '/v1/rerank/batch', '/feedback', '/ns/a/v1/feedback/batch']) {
      expect((await guarded.client.post(path).send([])).status).toBe(401);
    }
  });

  it('never reach the log', async () => {
    const { client, services } = harness(TOKENS);
    await client.post('/rerank').auth('right-token', { type: 'bearer' }).send(BODY);
    await client.post('/rerank').set('x-api-key', 'wrong-token').send(BODY);
    expect(services.logged).toHaveLength(2);
    expect(JSON.stringify(services.logged)).not.toMatch(/(right|wrong)-token|token:/);
  });

  it('a blank one stops the start, for it would let everybody in', () => {
    expect(() => createApp(new FakeServices(), { ...OPTIONS, apiTokens: ['a', ' '] })).toThrow(RangeError);
  });
});
