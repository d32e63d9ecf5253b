import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadSettings } from '../../src/base/settings/load-settings.js';
import { rerankerSettings } from '../../src/compose-options.js';
import { fakeScore, reranker } from '../fixtures/fake-rerankers.js';
import { FAULTS, FakeServer, json } from '../fixtures/fake-server.js';
import { AppHome, until } from './app-home.js';
import { DOCUMENTS, type RunningApp } from './running-app.js';

const QUERY = 'rivers and ships';
const KEY = 'sk-very-secret';
let server: FakeServer;
let home: AppHome;

beforeEach(async () => {
  // Whatever proxy this machine is behind.
  for (const name of ['no_proxy', 'NO_PROXY']) vi.stubEnv(name, '*');
  server = await FakeServer.open(reranker('cohere-v2'));
  home = new AppHome();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await home.remove();
  await server.close();
});

const start = (settings: Readonly<Record<string, string>> = {}): Promise<RunningApp> =>
  home.start({
    UPSTREAM_URL: server.url,
    UPSTREAM_DIALECT: 'cohere-v2',
    UPSTREAM_MODEL: 'some-model',
    UPSTREAM_API_KEY: KEY,
    UPSTREAM_TIMEOUT_MS: '500',
    ...settings,
  });

const BODY = JSON.stringify({ query: QUERY, documents: DOCUMENTS, top_k: 12 });
const inOrder = DOCUMENTS.map(({ id }) => id);
const byScore = DOCUMENTS.toSorted((a, b) => fakeScore(QUERY, b.text) - fakeScore(QUERY, a.text));

describe('a program in front of an upstream', () => {
  it('ranks by its scores, asks for a pair once, and for all in another namespace', async () => {
    const app = await start();
    const { ids, body } = await app.rank('a', QUERY);
    expect(ids).toEqual(byScore.map(({ id }) => id));
    expect(body.results[0].score).toBeCloseTo(fakeScore(QUERY, byScore[0]!.text), 9);
    expect(body.meta.scorer).toBe('upstream');
    expect((await app.rank('a', QUERY, { documents: DOCUMENTS.toReversed() })).ids).toHaveLength(12);
    const more = [...DOCUMENTS, { id: 'new', text: 'rivers of lava' }, { id: 'blank', text: '\n' }];
    expect((await app.rank('a', QUERY, { documents: more, top_k: 14 })).ids.at(-1)).toBe('blank');
    await app.rank('b', QUERY);
    expect(server.seen.map(({ body: { documents } }) => documents.length)).toEqual([12, 1, 12]);
    expect(server.seen[0]!.headers.authorization).toBe(`Bearer ${KEY}`);
    const metrics = await app.metrics();
    expect(metrics.get('neuralcache_upstream_requests_total{outcome="done"}')).toBe(3);
    expect(metrics.get('neuralcache_upstream_documents_total')).toBe(25);
    expect(metrics.get('neuralcache_upstream_seconds_count')).toBe(3);
  });

  it('mixes its scores with others', async () => {
    const app = await start({ SCORER: 'lexical:0.3,upstream:0.7' });
    const { body } = await app.rank('a', QUERY, { explain: true });
    expect(body.meta.scorer).toBe('lexical:0.3,upstream:0.7');
    expect(server.seen).toHaveLength(1);
  });
});

describe('the wait of a request', () => {
  it.each([
    [{ UPSTREAM_TIMEOUT_MS: '60000' }, 60_000],
    [{ UPSTREAM_TIMEOUT_MS: '100' }, 15_000],
    [{ UPSTREAM_TIMEOUT_MS: '60000', SCORER: 'lexical' }, 15_000],
  ])('is the longest of what it may wait for: %j', (settings, expected) => {
    const asked = { UPSTREAM_URL: 'http://host', UPSTREAM_DIALECT: 'tei', ...settings };
    const env = Object.fromEntries(
      Object.entries(asked).map(([name, value]) => [`NEURALCACHE_${name}`, value]),
    );
    const readFile = () => {
      throw Object.assign(new Error('no files here'), { code: 'ENOENT' });
    };
    const loaded = loadSettings({ env, cwd: '/srv', readFile });
    expect(rerankerSettings(loaded.settings).modelTimeoutMs).toBe(expected);
  });
});

describe('where the upstream fails', () => {
  it('at one of several queries of /score, all their scores are of the one that stands in', async () => {
    const [works, app] = [server.behave, await start()];
    const body = {
      text_1: ['rivers', 'ships', 'rivers'],
      text_2: ['a river', 'many ships', 'ships on rivers'],
    };
    server.behave = (seen) => (seen.body.query === 'ships' ? FAULTS.breaks : works)(seen);
    const mixed = await app.post('/score', body);
    const lexical = await home.start({ SCORER: 'lexical', STORAGE_BACKEND: 'memory' });
    expect(mixed.body.data).toEqual((await lexical.post('/score', body)).body.data);
    expect([mixed.status, mixed.headers['x-neuralcache-degraded']]).toEqual([200, 'scorer']);
  });

  it('the lexical order stands in for the whole list, marked, counted and logged', async () => {
    server.behave = FAULTS.breaks;
    const app = await start();
    const { ids, body } = await app.rank('a', QUERY);
    const lexical = await home.start({ SCORER: 'lexical', STORAGE_BACKEND: 'memory' });
    expect(ids).toEqual((await lexical.rank('a', QUERY)).ids);
    expect(body.meta.degraded).toBe(true);
    const metrics = await app.metrics();
    expect(metrics.get('neuralcache_model_fallbacks_total{part="scorer",reason="failed"}')).toBe(1);
    expect(metrics.get('neuralcache_upstream_requests_total{outcome="error"}')).toBe(1);
    const lines = app.logged.filter(({ msg }) => msg === 'the upstream gave no scores');
    expect(lines).toMatchObject([{ level: 'warn', outcome: 'error', status: 500 }]);
    server.behave = reranker('cohere-v2');
    expect((await app.rank('a', QUERY)).ids).toEqual(byScore.map(({ id }) => id));
  });

  it('the order that came in may stand in', async () => {
    server.behave = json({ results: [] });
    const app = await start({ UPSTREAM_FALLBACK: 'input' });
    expect((await app.rank('a', QUERY)).ids).toEqual(inOrder);
  });

  it.each([
    ['breaks', 502, 'UPSTREAM_ERROR', undefined],
    ['answers with a page', 502, 'UPSTREAM_ERROR', undefined],
    ['refuses the key', 502, 'UPSTREAM_ERROR', undefined],
    ['never answers', 504, 'UPSTREAM_TIMEOUT', undefined],
    ['is busy for an hour', 429, 'RATE_LIMITED', '3600'],
  ] as const)('or nothing may: one that %s is answered with %i', async (fault, status, code, retryAfter) => {
    server.behave = FAULTS[fault];
    const app = await start({ UPSTREAM_FALLBACK: 'fail' });
    const answer = await app.post('/rerank', BODY);
    expect(answer.status).toBe(status);
    expect(answer.body.error.code).toBe(code);
    expect(answer.headers['retry-after']).toBe(retryAfter);
    expect(answer.text).not.toContain(new URL(server.url).host);
  });

  it('and nothing may, it is left alone with a time after which to come again', async () => {
    server.behave = FAULTS.breaks;
    const app = await start({ UPSTREAM_FALLBACK: 'fail', UPSTREAM_BREAKER_RESET_MS: '60000' });
    for (let n = 0; n < 5; n++) await app.rank('a', `${QUERY} ${n}`).catch(() => undefined);
    const answer = await app.post('/rerank', BODY);
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '60']);
  });

  it('and our key is refused, the log says so, without the key', async () => {
    server.behave = json({ message: `bad key ${KEY}` }, 401);
    const app = await start();
    await app.rank('a', QUERY);
    await app.rank('a', `${QUERY} again`);
    // What is refused is asked for once in `CACHE_NEGATIVE_S`.
    expect(server.seen).toHaveLength(1);
    expect(app.logged.find(({ msg }) => String(msg).includes('refuses our credentials'))).toMatchObject({
      level: 'error',
      status: 401,
    });
    expect(JSON.stringify(app.logged)).not.toContain('secret');
  });

  it('again and again it is left alone, and /readyz says so', async () => {
    server.behave = FAULTS.breaks;
    const app = await start();
    const ready = () => app.client.get('/readyz');
    const state = async () => (await ready()).body.checks.upstream;
    expect(await state()).toEqual({ dialect: 'cohere-v2', model: 'some-model', state: 'ok' });
    expect((await ready()).body.status).toBe('ok');
    for (let n = 0; n < 6; n++) await app.rank('a', `${QUERY} ${n}`);
    await until('it is left alone', async () => (await state()).state === 'left alone after failures');
    expect(server.seen).toHaveLength(5);
    expect(await ready()).toMatchObject({ status: 200, body: { status: 'degraded' } });
  });
});

describe('the credentials of callers', () => {
  const DOCUMENTS_ALONE = { model: 'theirs', query: QUERY, documents: DOCUMENTS.map(({ text }) => text) };
  const ask = (app: RunningApp, key: string) =>
    app.post('/v2/rerank', DOCUMENTS_ALONE, { authorization: `Bearer ${key}` });

  it('go to the upstream where that is wanted, and share no scores with others', async () => {
    const app = await start({ UPSTREAM_PASS_CREDENTIALS: 'true' });
    for (const key of ['sk-a', 'sk-b', 'sk-a']) expect((await ask(app, key)).status).toBe(200);
    expect(server.seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer sk-a', 'Bearer sk-b']);
  });

  it('that are refused are answered as the upstream would, in the dialect of the caller', async () => {
    server.behave = json({ message: 'invalid api token sk-a' }, 401);
    const app = await start({ UPSTREAM_PASS_CREDENTIALS: 'true' });
    const answer = await ask(app, 'sk-a');
    expect(answer.status).toBe(401);
    expect(answer.body.message).toBe('The upstream refused with status 401');
    expect(JSON.stringify(app.logged)).not.toContain('sk-a');
  });
});
