import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createApp } from '../../../src/http/app.js';
import { FakeServices, OPTIONS } from '../fake-services.js';
import { lastBody, RawClient } from '../raw-client.js';
import { administrator, type Method } from './administrator.js';

const PATH = '/admin/namespaces';

/** One broken rule: the body, where it is broken, and what is said. */
const BROKEN: readonly (readonly [object, readonly (string | number)[], string])[] = [
  [{}, ['id'], 'is required'],
  [{ id: 5 }, ['id'], 'must be a string'],
  [{ id: '' }, ['id'], 'must have at least 1 characters'],
  [{ id: 'x'.repeat(65) }, ['id'], 'must have at most 64 characters'],
  [{ id: 'a', colour: 'red' }, ['colour'], 'is not a field of this request'],
  [{ id: 'a', status: 'suspended' }, ['status'], 'must be provisioning or active'],
  [{ id: 'a', tier: 'gold' }, ['tier'], 'must be free, pro or unlimited'],
  [{ id: 'a', owner: '' }, ['owner'], 'must have at least 1 characters'],
  [{ id: 'a', tags: 'x' }, ['tags'], 'must be a list'],
  [{ id: 'a', tags: ['x', 7] }, ['tags', 1], 'must be a string'],
  [{ id: 'a', tags: Array(33).fill('x') }, ['tags'], 'must have at most 32 entries'],
  [{ id: 'a', metadata: { a: 1 } }, ['metadata', 'a'], 'must be a string'],
  [{ id: 'a', metadata: [] }, ['metadata'], 'must be an object'],
  [{ id: 'a', metadata: { '': 'x' } }, ['metadata', ''], 'has a name that is empty or too long'],
  [
    { id: 'a', metadata: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`k${i}`, ''])) },
    ['metadata'],
    'must have at most 64 entries',
  ],
  [
    { id: 'a', metadata: { ab: 'x'.repeat(4095) } },
    ['metadata'],
    'must have at most 4096 bytes, names and values together',
  ],
  [
    { id: 'a', metadata: { a: '\ud800' } },
    ['metadata', 'a'],
    'holds half of a surrogate pair, which cannot be stored',
  ],
  [{ id: 'a', metadata: { '\ud800': '' } }, ['metadata'], 'has a name with half of a surrogate pair'],
  [{ id: 'a', access: ['x'.repeat(4096)] }, ['access'], 'must have at most 4096 bytes as JSON'],
  [
    { id: 'a', access: { b: ['\udc00'] } },
    ['access', 'b', 0],
    'holds half of a surrogate pair, which cannot be stored',
  ],
  [{ id: 'a', quotas: { max_bytes: 1 } }, ['quotas', 'max_bytes'], 'is not a field of this request'],
  [{ id: 'a', quotas: { max_vectors: -1 } }, ['quotas', 'max_vectors'], 'must be at least 0'],
  [{ id: 'a', quotas: { max_vectors: 1.5 } }, ['quotas', 'max_vectors'], 'must be a whole number'],
  [
    { id: 'a', quotas: { max_vectors: 1e300 } },
    ['quotas', 'max_vectors'],
    'must be at most 9007199254740991',
  ],
  [{ id: 'a', quotas: { max_vectors: 'x' } }, ['quotas', 'max_vectors'], 'must be a number or an object'],
  [{ id: 'a', quotas: { max_vectors: {} } }, ['quotas', 'max_vectors', 'limit'], 'is required'],
  [
    { id: 'a', quotas: { max_vectors: { limit: '5' } } },
    ['quotas', 'max_vectors', 'limit'],
    'must be a number',
  ],
  [
    { id: 'a', quotas: { max_vectors: { limit: 5, action: 'panic' } } },
    ['quotas', 'max_vectors', 'action'],
    'must be reject, throttle or alert',
  ],
  [
    { id: 'a', quotas: { max_vectors: { limit: 5, warning_threshold: 0 } } },
    ['quotas', 'max_vectors', 'warning_threshold'],
    'must be more than 0',
  ],
  [
    { id: 'a', quotas: { max_vectors: { limit: 5, auto_raise: { above: 0.8, factor: 1, ceiling: 9 } } } },
    ['quotas', 'max_vectors', 'auto_raise', 'factor'],
    'must be more than 1',
  ],
  [{ id: 'a', policies: { retention: 5 } }, ['policies', 'retention'], 'is not a field of this request'],
  [{ id: 'a', policies: { retention_days: 0 } }, ['policies', 'retention_days'], 'must be more than 0'],
  [{ id: 'a', policies: { retention_days: 'ever' } }, ['policies', 'retention_days'], 'must be inherit'],
  [{ id: 'a', policies: { cache_enabled: 'yes' } }, ['policies', 'cache_enabled'], 'must be true or false'],
  [{ id: 'a', policies: { upstream: { url: 'x' } } }, ['policies', 'upstream', 'dialect'], 'is required'],
];

describe('a namespace that breaks a rule', () => {
  it.each(BROKEN)('%j', async (body, loc, msg) => {
    const { ask, admin } = administrator();
    const answer = await ask('post', PATH, { body });
    expect([answer.status, answer.body.error.detail.map((one: object) => ({ ...one, type: 0 }))]).toEqual([
      422,
      [{ loc, msg, type: 0 }],
    ]);
    expect(admin.asked).toEqual([]);
  });

  it.each([
    ['{"id":"a","metadata":{"__proto__":"x"}}', ['metadata', '__proto__']],
    ['{"id":"a","__proto__":{"tier":"pro"}}', ['__proto__']],
    ['{"id":"a","access":[{"__proto__":{"x":1}}]}', ['access', 0, '__proto__']],
  ])('%s', async (body, loc) => {
    const { ask, admin } = administrator();
    const answer = await ask('post', PATH, { body });
    expect([answer.status, answer.body.error.detail[0].loc]).toEqual([422, loc]);
    expect(admin.asked).toEqual([]);
  });

  it.each([
    ['[]', 422],
    ['null', 422],
    ['"a"', 422],
    ['{"id"', 400],
    ['', 400],
    ['{"id":"a","access":'.padEnd(60, '[').padEnd(101, ']').concat('}'), 422],
  ])('%s', async (body, status) => {
    const { ask, admin } = administrator();
    expect((await ask('post', PATH, { body })).status).toBe(status);
    expect(admin.asked).toEqual([]);
  });

  it('tells every broken rule, but not without end, and no value', async () => {
    const { ask } = administrator();
    const unknown = Object.fromEntries(
      Array.from({ length: 80 }, (_, i) => [`${i}`.padStart(500, 'x'), 'secret']),
    );
    const { body, text } = await ask('post', PATH, { body: { ...unknown, tier: 'secret' } });
    expect(body.error.detail).toHaveLength(50);
    expect(text.length).toBeLessThan(20_000);
    expect(text).not.toContain('secret');
  });

  it.each([
    ['post', PATH, 65_536],
    ['patch', `${PATH}/shop`, 65_536],
    ['put', `${PATH}/shop/quotas`, 65_536],
    ['put', `${PATH}/shop/status`, 65_536],
    ['post', '/admin/apply', 1_048_576],
  ] as const)('%s %s takes bodies of so many bytes, and no more', async (method, path, limit) => {
    const { ask, admin } = administrator({ bodyLimitBytes: 8_000_000 });
    const sized = (bytes: number) => `{"x":"${'x'.repeat(bytes - 8)}"}`;
    expect((await ask(method, path, { body: sized(limit) })).status).toBe(422);
    const answer = await ask(method, path, { body: sized(limit + 1) });
    expect([answer.status, answer.body.error.detail]).toEqual([413, { limit_bytes: limit }]);
    expect(admin.asked).toEqual([]);
  });
});

describe('a name in the path', () => {
  /** Sends a path as it is, which tidier clients do not. */
  async function statusOf(path: string, method: string): Promise<[number, string]> {
    const app = createApp(new FakeServices(), { ...OPTIONS, adminTokens: ['root'] });
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const raw = await RawClient.connect((server.address() as AddressInfo).port);
    raw.send(
      `${method} ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer root\r\nConnection: close\r\n\r\n`,
    );
    const text = await raw.all();
    server.close();
    return [Number(text.split(' ')[1]), lastBody(text).error.message];
  }

  it.each([
    ['..', 404, 'No such route'],
    ['.', 404, 'No such route'],
    ['%2e%2e', 404, 'No such route'],
    ['%2E', 404, 'No such route'],
    ['../stats', 404, 'No such route'],
    ['a/../b', 404, 'No such route'],
    ['/stats', 404, 'No such route'],
    ['a%2fb', 400, 'Invalid namespace'],
    ['%61', 400, 'Invalid namespace'],
    ['%', 400, 'Invalid namespace'],
    ['%00', 400, 'Invalid namespace'],
    ['a;b', 400, 'Invalid namespace'],
    ['*', 400, 'Invalid namespace'],
    ['x'.repeat(65), 400, 'Invalid namespace'],
    ['x'.repeat(64), 404, `Namespace not found: ${'x'.repeat(64)}`],
    ['constructor', 404, 'Namespace not found: constructor'],
    ['__proto__', 404, 'Namespace not found: __proto__'],
    ['toString', 404, 'Namespace not found: toString'],
    ['a/b', 404, 'No such route'],
    ['a/stats/b', 404, 'No such route'],
  ])('%s is answered with %i', async (name, status, message) => {
    for (const method of ['GET', 'DELETE'])
      expect(await statusOf(`${PATH}/${name}`, method)).toEqual([status, message]);
  });
});

it('a name in the path with a percent sign is none, whatever the pattern allows', async () => {
  const { ask, admin, services } = administrator();
  services.parseNamespace = (raw) => raw;
  const { status, body } = await ask('get', `${PATH}/%61`);
  expect([status, body.error.message, admin.asked]).toEqual([400, 'Invalid namespace', []]);
});

describe('whatever is sent', () => {
  const scalar = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom<unknown>(null, 0, -1, 1.5, 1e308, '', '\ud800', '__proto__', [], {}, true, [[]]),
  );
  const names = fc.constantFrom(
    'id',
    'name',
    'tenant_id',
    'parent_id',
    'tier',
    'quotas',
    'metadata',
    'tags',
    'owner',
    'policies',
    'capacity',
    'access',
    'backend',
    'backend_config',
    'status',
    'namespaces',
    'dry_run',
    'prune',
    'max_vectors',
    '__proto__',
    'constructor',
  );
  const body = fc.oneof(
    fc.dictionary(names, fc.oneof(scalar, fc.dictionary(names, scalar))),
    fc.record({ namespaces: fc.array(fc.dictionary(names, scalar), { maxLength: 3 }) }),
    fc.jsonValue(),
  );
  const route = fc.constantFrom<readonly [Method, string]>(
    ['post', PATH],
    ['patch', `${PATH}/shop`],
    ['put', `${PATH}/shop/quotas`],
    ['put', `${PATH}/shop/status`],
    ['post', '/admin/apply'],
  );

  it('no body is a fault of ours', { timeout: 60_000 }, async () => {
    const { ask, services } = administrator();
    await ask('post', PATH, { body: { id: 'shop' } });
    await fc.assert(
      fc.asyncProperty(route, body, async ([method, path], value) => {
        const { status } = await ask(method, path, { body: JSON.stringify(value) });
        expect([200, 201, 400, 409, 422]).toContain(status);
      }),
      { numRuns: 400 },
    );
    expect(services.logged.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('no query string, and no header is', { timeout: 60_000 }, async () => {
    const { ask, services } = administrator();
    const parameter = fc.tuple(
      fc.oneof(
        fc.constantFrom('limit', 'cursor', 'prefix', 'since', 'force', 'grace', '__proto__'),
        fc.string(),
      ),
      fc.oneof(fc.constantFrom('', '1', 'true', '2026-01-01T00:00:00Z'), fc.string()),
    );
    const printable = fc.string({
      unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
    });
    const target = fc.constantFrom<readonly [Method, string]>(
      ['get', PATH],
      ['get', '/admin/audit'],
      ['delete', `${PATH}/shop`],
    );
    await fc.assert(
      fc.asyncProperty(
        target,
        fc.array(parameter, { maxLength: 4 }),
        printable,
        async ([method, path], list, header) => {
          const headers = { 'If-Match': header, 'Idempotency-Key': header };
          const { status } = await ask(method, `${path}?${new URLSearchParams(list)}`, { headers });
          expect([200, 202, 400, 404, 412, 422]).toContain(status);
        },
      ),
      { numRuns: 300 },
    );
    expect(services.logged.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
