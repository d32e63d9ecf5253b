import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/base/errors.js';
import { describedDialects } from '../../../src/http/description/dialects.js';
import { operations } from '../../../src/http/description/operations.js';
import { RouteFinder } from '../../../src/http/routes/find-route.js';
import { ROUTES, type Route } from '../../../src/http/routes/table.js';
import { type FakeServices, OPTIONS } from '../fake-services.js';
import { BODY, harness } from '../harness.js';
import { DESCRIPTION, undescribed, validatorOf } from './described-answer.js';

const PATHS = DESCRIPTION.paths!;
const routes: readonly Route[] = ROUTES;

describe('the description', () => {
  it('has every route of the table, every dialect by its name, and nothing else', () => {
    const ofTable = routes.flatMap(({ method, path, versioned }) =>
      [path, ...(versioned ? [`/v1${path}`] : [])].map((one) => `${method} ${one.replaceAll('…', '')}`),
    );
    const ofDialects = describedDialects(OPTIONS).map(({ dialect, path }) => `POST /${dialect.name}${path}`);
    const described = Object.entries(PATHS).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(described.toSorted()).toEqual([...ofTable, ...ofDialects, 'POST /native/rerank'].toSorted());
  });

  it('describes no route that is not there', () => {
    const known = routes.flatMap(({ method, path }) => [path, `${method} ${path}`]);
    expect(Object.keys(operations(OPTIONS)).filter((path) => !known.includes(path))).toEqual([]);
  });

  it('has paths that the app finds', () => {
    const finder = new RouteFinder<Route>(ROUTES);
    for (const [path, item] of Object.entries(PATHS)) {
      const [method] = Object.keys(item);
      const plain = path
        .replaceAll(/\{[^}]+\}/g, 'some')
        .replace(/^\/(?:native|[a-z.0-9-]+)(?=\/(?:v1|v2|rerank|model|_inference)\b)/, (prefix) =>
          finder.find(method!.toUpperCase(), path) === undefined ? '' : prefix,
        );
      expect([path, finder.find(method!.toUpperCase(), plain)?.method]).toEqual([
        path,
        method!.toUpperCase(),
      ]);
    }
  });

  it('names each operation once', () => {
    const ids = Object.values(PATHS).flatMap((item) =>
      Object.values(item).map(({ operationId }) => operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('refers to nothing that is not there', () => {
    const references = [...JSON.stringify(DESCRIPTION).matchAll(/"\$ref":"#\/components\/(\w+)\/([^"]+)"/g)];
    expect(references.length).toBeGreaterThan(500);
    const components = DESCRIPTION.components as Record<string, Record<string, unknown>>;
    expect(references.filter(([, kind, name]) => components[kind!]?.[name!] === undefined)).toEqual([]);
  });

  it('has examples that fit their schemas', () => {
    const { examples = {}, schemas = {} } = DESCRIPTION.components!;
    for (const [name, example] of Object.entries(examples)) {
      const validate = validatorOf(schemas[name]!);
      expect([name, validate((example as { value: unknown }).value), validate.errors]).toEqual([
        name,
        true,
        null,
      ]);
    }
    for (const response of Object.values(DESCRIPTION.components!.responses!)) {
      if ('$ref' in response) throw new Error('a response of its own was expected');
      const { schema, examples: shown = {} } = response.content!['application/json']!;
      for (const { value } of Object.values(shown) as { value: unknown }[]) {
        expect(validatorOf(schema!)(value)).toBe(true);
      }
    }
  });

  it('says which statuses an API has for what others answer with another', () => {
    const statusesOf = (path: string) => Object.keys(PATHS[path]!.post!.responses!);
    expect(statusesOf('/vllm/v1/rerank')).not.toContain('422');
    expect(statusesOf('/infinity/rerank')).toContain('422');
    expect(statusesOf('/tei/rerank')).toContain('424');
    expect(statusesOf('/bedrock/rerank')).not.toContain('401');
  });
});

describe('GET /openapi.json', () => {
  it('answers the description with the limits of the settings', async () => {
    const { client } = harness({ maxTopK: 7 });
    const { status, headers, body } = await client.get('/openapi.json');
    expect(undescribed('GET', '/openapi.json', { status, headers, body })).toEqual([]);
    expect(body.openapi).toBe('3.1.1');
    expect(Object.keys(body.paths)).toEqual(Object.keys(PATHS));
    expect(JSON.stringify(body.components.schemas.NativeRequest.properties.top_k)).toContain('"maximum":7');
  });

  it('wants a credential where any is configured', async () => {
    const { client } = harness({ apiTokens: ['right'] });
    expect((await client.get('/openapi.json')).status).toBe(401);
    expect((await client.get('/docs')).status).toBe(401);
    expect((await client.get('/openapi.json').set('x-api-key', 'right')).status).toBe(200);
  });
});

describe('GET /docs', () => {
  it('is a page that names every operation and loads nothing', async () => {
    const { client } = harness();
    const { status, headers, text } = await client.get('/docs').set('Accept', 'text/html');
    expect(undescribed('GET', '/docs', { status, headers, body: text })).toEqual([]);
    for (const path of Object.keys(PATHS)) expect(text).toContain(`<code>${path}</code>`);
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(text).not.toMatch(/<script|<link|<img|https?:\/\/|src=|@import|url\(| style=| on[a-z]+=/);
  });

  it('has links that lead somewhere', async () => {
    const { client } = harness();
    const { text } = await client.get('/docs');
    const targets = new Set([...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
    const links = [...text.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
    expect(links.length).toBeGreaterThan(100);
    expect(links.filter((id) => !targets.has(id))).toEqual([]);
  });
});

describe('every other route answers as described', () => {
  const prepared: Readonly<Record<string, (services: FakeServices) => void>> = {
    '/readyz': (services) => {
      services.ready = 'unavailable';
    },
    '/metrics': (services) => {
      services.metricsEnabled = false;
    },
    '/feedback': (services) => {
      services.outcome = 'failed';
    },
  };
  // Those that manage namespaces are asked in test/http/admin, where every answer is held to the description.
  const others = routes.filter(({ access, path }) => access !== 'admin' || path === '/admin/cache/purge');
  const gets = others
    .filter(({ method }) => method === 'GET')
    .map(({ path }) => path.replace(/\{[^}]+\}/, 'm/1'));

  it.each(gets)('GET %s, and where it refuses', async (path) => {
    for (const prepare of [() => {}, prepared[path] ?? (() => {})]) {
      const { client, services } = harness({ apiTokens: ['right'] });
      prepare(services);
      for (const headers of [{ 'x-api-key': 'right' }, {}, { 'x-api-key': 'right', Accept: 'image/png' }]) {
        const {
          status,
          headers: answered,
          body,
          text,
        } = await client.get(path).set(headers as Record<string, string>);
        const answer = { status, headers: answered, body: path === '/docs' && status === 200 ? text : body };
        expect(undescribed('GET', path, answer)).toEqual([]);
      }
    }
  });

  const posts = others
    .filter(({ method }) => method === 'POST')
    .map(({ path }) => path.replaceAll(/\{[^}]+\}/g, 'm'));

  it.each(posts)('POST %s, and where it refuses', async (path) => {
    const { client, services } = harness({
      apiTokens: ['right'],
      adminTokens: ['right'],
      bodyLimitBytes: 300,
    });
    const JSON_TYPE = 'application/json';
    const bodies: readonly (readonly [string, string, Record<string, string>])[] = [
      [JSON.stringify(BODY), JSON_TYPE, {}],
      [JSON.stringify({ request_id: 'gone', selected_ids: [] }), JSON_TYPE, {}],
      [JSON.stringify([{ request_id: 'a', selected_ids: ['a'] }, {}]), JSON_TYPE, {}],
      [JSON.stringify({ all: true }), JSON_TYPE, {}],
      [JSON.stringify({ query: 'q', documents: [{ id: 'a', text: 'boom' }] }), JSON_TYPE, {}],
      ['{"a', JSON_TYPE, {}],
      ['[1]', JSON_TYPE, {}],
      ['{}', 'text/csv', {}],
      [JSON.stringify('x'.repeat(400)), JSON_TYPE, {}],
      ['{}', JSON_TYPE, { Accept: 'image/png' }],
      ['{}', JSON_TYPE, { 'x-api-key': 'wrong' }],
      ['{}', JSON_TYPE, { 'X-NeuralCache-Namespace': '../etc' }],
      ['{}', JSON_TYPE, { 'X-NeuralCache-MMR-Lambda': '7' }],
      ['{}', JSON_TYPE, { 'X-NeuralCache-Dialect': 'klingon' }],
    ];
    const seen = new Set<number>();
    for (const prepare of [() => {}, prepared[path] ?? (() => {})]) {
      prepare(services);
      for (const [body, type, headers] of bodies) {
        const response = await client
          .post(path)
          .set({ 'Content-Type': type, 'x-api-key': 'right', ...headers })
          .send(body);
        const { status, headers: answered, body: answer } = response;
        expect([
          body,
          status,
          undescribed('POST', path, { status, headers: answered, body: answer }),
        ]).toEqual([body, status, []]);
        seen.add(status);
      }
    }
    expect(seen.size).toBeGreaterThan(4);
  });
});

describe('every dialect answers as described', () => {
  const apis = describedDialects(OPTIONS).map(({ dialect, path, example }) => {
    const url = `/${dialect.name}${path.replaceAll(/\{[^}]+\}/g, 'm')}`;
    return [url, JSON.stringify(example)] as const;
  });
  const BEHIND = [
    'UNAUTHORIZED',
    'FORBIDDEN',
    'NOT_FOUND',
    'RATE_LIMITED',
    'UPSTREAM_ERROR',
    'UPSTREAM_TIMEOUT',
    'UNAVAILABLE',
  ] as const;

  it.each(apis)('on %s whatever happens behind it', async (url, body) => {
    for (const code of BEHIND) {
      const { client, services } = harness();
      services.rerank = () => Promise.reject(new AppError(code, 'no', null, { retryAfterS: 3 }));
      const { status, headers, body: answer } = await client.post(url).type('json').send(body);
      expect(headers['retry-after']).toBe('3');
      const wrong = undescribed('POST', url, { status, headers, body: answer });
      // Here every error says when to try again, though not all of them know.
      expect([code, wrong.filter((one) => one !== 'header retry-after is not described')]).toEqual([
        code,
        [],
      ]);
      if (['RATE_LIMITED', 'UNAVAILABLE'].includes(code)) expect(wrong).toEqual([]);
    }
  });

  it.each(apis)(
    'on %s where scores are known already, and where something did not work',
    async (url, body) => {
      const { client, services } = harness();
      services.pairs = { hits: 3, misses: 0, stale: 1, ageMs: 5000, isStored: true };
      services.degraded = true;
      const { status, headers, body: answer } = await client.post(url).type('json').send(body);
      expect([headers.age, headers['x-neuralcache-degraded']]).toEqual(['5', 'memory']);
      expect(undescribed('POST', url, { status, headers, body: answer })).toEqual([]);
    },
  );
});
