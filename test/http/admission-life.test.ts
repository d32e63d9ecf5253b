import { describe, expect, it } from 'vitest';
import { AppError, type ErrorCode } from '../../src/base/errors.js';
import type { KeptStatus } from '../../src/catalog/status.js';
import { DIALECT_NAMES, dialectOf } from '../../src/http/dialects/registry.js';
import { errorFormOf } from '../../src/http/error-body.js';
import { LEARNING, RANKING, setUpApp } from './admitted-app.js';

describe('the life of a namespace, in the words of each API', () => {
  const STATUSES: readonly [KeptStatus, number, string][] = [
    ['suspended', 403, 'Namespace is suspended: acme'],
    ['provisioning', 409, 'Namespace is being provisioned: acme'],
    ['pending_deletion', 409, 'Namespace is being deleted: acme'],
    ['deleted', 409, 'Namespace is being deleted: acme'],
  ];

  it.each(RANKING)('%s', async (path, body, messageOf) => {
    const { services, post, hold } = setUpApp();
    for (const [status, code, message] of STATUSES) {
      hold({}, status);
      const response = await post(path, body);
      expect([status, response.status, messageOf(response.body as never)]).toEqual([status, code, message]);
    }
    expect(services.ranked).toEqual([]);
  });

  it.each(LEARNING)('%s', async (path, body) => {
    const { services, post, hold } = setUpApp();
    for (const [status, code, message] of [
      ...STATUSES,
      ['read_only', 409, 'Namespace is read-only: acme'] as const,
    ]) {
      hold({}, status);
      const response = await post(path, body);
      expect([status, response.status, response.body.error.message]).toEqual([status, code, message]);
    }
    expect(services.feedbacks).toEqual([]);
  });

  it.each(RANKING)('%s of a name that may not be used is 404', async (path, body, messageOf) => {
    const { post } = setUpApp({ autoCreate: false });
    const response = await post(path, body, 'customer-123');
    expect([response.status, messageOf(response.body as never)]).toEqual([
      404,
      'Namespace not found: customer-123',
    ]);
  });

  it.each(RANKING)('%s of a read-only one ranks and leaves nothing', async (path, body) => {
    const { services, post, hold } = setUpApp();
    hold({}, 'read_only');
    expect((await post(path, body)).status).toBe(200);
    expect(services.ranked.map(({ request }) => request.learn)).toEqual([false]);
    hold({});
    await post(path, body);
    expect(services.ranked.at(-1)!.request.learn).toBe(true);
  });

  it('is asked before the body is read', async () => {
    const { post, hold } = setUpApp();
    hold({}, 'suspended');
    const { status } = await post('/rerank', '{ no json', 'acme', { 'Content-Type': 'application/json' });
    expect(status).toBe(403);
  });

  it('is of no concern to reading routes', async () => {
    const { client, hold } = setUpApp();
    hold({}, 'suspended');
    expect((await client.get('/ns/acme/healthz')).status).toBe(200);
  });
});

describe('what admission refuses with', () => {
  it.each(DIALECT_NAMES)('has its status and its sentence in %s', (name) => {
    const form = errorFormOf(dialectOf(name, '/v1/rerank')!);
    const refusals: readonly [ErrorCode, number][] = [
      ['FORBIDDEN', 403],
      ['NOT_FOUND', 404],
      ['CONFLICT', 409],
      ['RATE_LIMITED', 429],
      ['QUOTA_EXCEEDED', 429],
      ['UNAVAILABLE', 503],
    ];
    for (const [code, status] of refusals) {
      const { status: answered, body } = form(new AppError(code, 'the sentence'), 'req_1');
      expect([code, answered, body.includes('the sentence')]).toEqual([code, status, true]);
    }
  });
});
