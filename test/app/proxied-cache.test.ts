import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GATE_OFF } from '../../src/evaluation/requests.js';
import { reranker } from '../fixtures/fake-rerankers.js';
import { FakeServer, json } from '../fixtures/fake-server.js';
import { AppHome, until } from './app-home.js';
import { DOCUMENTS, type RunningApp } from './running-app.js';

const QUERY = 'rivers and ships';
const TEXTS = DOCUMENTS.map(({ text }) => text);
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
    UPSTREAM_TIMEOUT_MS: '2000',
    ...settings,
  });

/** How many documents the upstream was asked for, call by call. */
const asked = (): number[] => server.seen.map(({ body }) => body.documents.length);

/** A Cohere call; answers with status and `Cache-Status`. */
async function cohere(app: RunningApp, documents: readonly string[], headers: Record<string, string> = {}) {
  const body = { model: 'rerank-v3.5', query: QUERY, documents };
  const response = await app.post('/v2/rerank', body, headers);
  return [response.status, response.headers['cache-status']];
}

describe('pairs that an upstream scored', () => {
  it('of 50 documents of which 48 were seen, send 2', async () => {
    const app = await start();
    const texts = Array.from({ length: 50 }, (_, n) => `document ${n}`);
    await cohere(app, texts.slice(0, 48));
    expect(await cohere(app, texts)).toEqual([200, 'NeuralCache; fwd=partial; detail="48/50"; stored']);
    expect(asked()).toEqual([48, 2]);
  });

  it('send none in another order, with another top_n, in another dialect; all in another namespace', async () => {
    const app = await start();
    await app.rank('a', QUERY);
    await app.rank('a', QUERY, { documents: DOCUMENTS.toReversed(), top_k: 1 });
    const namespace = { 'X-NeuralCache-Namespace': 'a' };
    expect(await cohere(app, TEXTS, namespace)).toEqual([200, 'NeuralCache; hit']);
    const tei = { query: QUERY, texts: TEXTS };
    expect((await app.post('/rerank', tei, namespace)).headers['cache-status']).toBe('NeuralCache; hit');
    expect(asked()).toEqual([12]);
    await app.rank('b', QUERY);
    expect(asked()).toEqual([12, 12]);
  });

  it('are asked for once by 1000 equal requests at the same time', async () => {
    const app = await start();
    const candidates = TEXTS.map((text) => ({ text }));
    const request = {
      loc: [],
      query: QUERY,
      candidates,
      topK: 3,
      mmrLambda: 1,
      gate: GATE_OFF,
      explain: false,
      learn: false,
    };
    const answers = await Promise.all(
      Array.from({ length: 1000 }, (_, n) => app.services.rerank('a', [{ ...request, requestId: `${n}` }])),
    );
    const tops = answers.map(([answer]) => answer!.results.map(({ index }) => index).join());
    expect(new Set(tops).size).toBe(1);
    expect(asked()).toEqual([12]);
  });

  it('are reordered by feedback though all of them are known', async () => {
    const app = await start();
    const { ids } = await app.rank('a', QUERY);
    await app.teach('a', QUERY, [ids.at(-1)!], 3);
    const after = await app.rank('a', QUERY, { learn: false });
    expect([after.ids[0], after.body.meta.adapted]).toEqual([ids.at(-1), true]);
    expect(asked()).toEqual([12]);
  });

  it('are answered stale and fetched behind the answer, and stand in where the upstream fails', async () => {
    const app = await start({ CACHE_TTL_S: '100', CACHE_STALE_S: '50', CACHE_STALE_IF_ERROR_S: '400' });
    await cohere(app, TEXTS);
    home.clock.advance(120_000);
    expect(await cohere(app, TEXTS)).toEqual([200, 'NeuralCache; hit; detail="12 stale"']);
    await until('they were fetched', async () => (await cohere(app, TEXTS))[1] === 'NeuralCache; hit');
    expect(asked()).toEqual([12, 12]);
    home.clock.advance(300_000);
    server.behave = json({ message: 'broken' }, 500);
    expect(await cohere(app, TEXTS)).toEqual([200, 'NeuralCache; fwd=stale; detail="12/12"']);
    const fallback = await app.rank('default', QUERY, {
      documents: [...DOCUMENTS, { id: 'new', text: 'new' }],
    });
    expect(fallback.body.meta).toMatchObject({ scorer: 'lexical', degraded: true });
  });

  it('belong to the credential they were asked for with, and so does a refusal', async () => {
    const app = await start({ UPSTREAM_PASS_CREDENTIALS: 'true' });
    const as = (key: string) => cohere(app, TEXTS, { Authorization: `Bearer ${key}` });
    expect((await as('one'))[0]).toBe(200);
    expect((await as('one'))[1]).toBe('NeuralCache; hit');
    server.behave = json({ message: 'who are you?' }, 401);
    expect((await as('two'))[0]).toBe(401);
    expect((await as('two'))[0]).toBe(401);
    expect((await as('one'))[1]).toBe('NeuralCache; hit');
    expect(asked()).toEqual([12, 12]);
    home.clock.advance(5000);
    server.behave = reranker('cohere-v2');
    expect((await as('two'))[1]).toBe('NeuralCache; fwd=miss; detail="0/12"; stored');
  });
});
