import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Policies } from '../../src/catalog/policies.js';
import type { QuotasSpec } from '../../src/management/namespace-admin.js';
import { CACHE_FILE } from '../../src/stores/worker-cache.js';
import { fakeScore, reranker } from '../fixtures/fake-rerankers.js';
import { FakeServer } from '../fixtures/fake-server.js';
import { AppHome, until } from './app-home.js';
import { DOCUMENTS, type RunningApp } from './running-app.js';
import { DURABLE_MODES, storedRows } from './stored.js';

const DAY_MS = 86_400_000;
const QUERY = 'rivers and ships';
const CALL = { actor: 'cli:test', requestId: 'r' };
const MODES = [...DURABLE_MODES, { mode: 'memory', settings: { STORAGE_BACKEND: 'memory' } }];

let home: AppHome;
beforeEach(() => {
  for (const name of ['no_proxy', 'NO_PROXY']) vi.stubEnv(name, '*');
  home = new AppHome();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await home.remove();
});

/** Registers a namespace, or changes what is given. */
async function put(app: RunningApp, id: string, policies: Policies, quotas: QuotasSpec = {}) {
  const { admin } = app.services;
  const { registered } = await admin.get(id).catch(() => ({ registered: false }));
  if (registered) await admin.update(id, { policies, quotas }, CALL);
  else await admin.create({ id, policies, quotas }, CALL);
}

async function cellsOf(namespace: string, settings = {}): Promise<number> {
  const rows = (await storedRows(home.folder, settings)).get(namespace) ?? [];
  return rows.filter(({ kind }) => kind === 'cell').length;
}

async function evictions(app: RunningApp, reason: string): Promise<number> {
  return (await app.metrics()).get(`neuralcache_namespace_evictions_total{reason="${reason}"}`) ?? 0;
}

describe.each(MODES)('policies of a namespace ($mode)', ({ mode, settings }) => {
  const isDurable = mode !== 'memory';

  it('keep memory so many days there, also below it, and as the settings say elsewhere', async () => {
    const app = await home.start({ ...settings, STORAGE_RETENTION_SWEEP_INTERVAL_S: '0.01' });
    await put(app, 'acme', { retention_days: 5 });
    await put(app, 'acme.long', { retention_days: null });
    for (const name of ['acme', 'acme.below', 'acme.long', 'other']) await app.teach(name, QUERY, ['d9'], 1);
    home.clock.advance(6 * DAY_MS);
    const report = async () => (await app.client.get('/metrics/retention')).body;
    await until('two are forgotten', async () => (await report()).removed_cells >= 2);
    expect(await report()).toMatchObject({ retention_enabled: true, retention_days: null, removed_cells: 2 });
    await app.stop();
    if (!isDurable) return;
    const left = [];
    for (const name of ['acme', 'acme.below', 'acme.long', 'other']) left.push(await cellsOf(name, settings));
    expect(left).toEqual([0, 0, 1, 1]);
  });

  it('acknowledge relaxed feedback before it is written, and write it at the end', async () => {
    const app = await home.start(settings);
    await put(app, 'acme', { consistency: 'relaxed' });
    await app.teach('acme', QUERY, ['d9'], 3);
    expect((await app.metrics()).get('neuralcache_feedback_unwritten')).toBe(3);
    expect((await app.rank('acme', QUERY)).ids[0]).toBe('d9');
    const { feedback_total, cells } = await app.services.admin.stats('acme');
    expect([feedback_total, cells]).toEqual([3, 1]);
    await app.stop();
    if (isDurable) expect(await cellsOf('acme', settings)).toBe(1);
  });

  it('change the scorer of an open namespace, which keeps what it learned', async () => {
    const app = await home.start(settings);
    await app.teach('acme', QUERY, ['d9'], 4);
    expect((await app.rank('acme', QUERY)).ids[0]).toBe('d9');
    await put(app, 'acme', { scorer: 'lexical:0.5,embedding:0.5' });
    await until('it has left memory', async () => (await evictions(app, 'reconfigured')) === 1);
    const { ids, body } = await app.rank('acme', QUERY);
    expect([ids[0], body.meta.scorer]).toEqual(['d9', 'lexical:0.5,embedding:0.5']);
    expect((await app.rank('other', QUERY)).body.meta.scorer).toBe('hybrid');
    expect((await app.services.admin.stats('acme')).feedback_total).toBe(4);
  });

  it('hold a family to its vectors together, and say so in the answer', async () => {
    const app = await home.start(settings);
    await put(app, 'acme', {}, { max_vectors: 2 });
    await app.teach('acme.one', QUERY, ['d9'], 1);
    await app.teach('acme.two', QUERY, ['d9'], 1);
    const { requestId } = await app.rank('acme.one', 'another query');
    const body = { request_id: requestId, selected_ids: ['d1'] };
    const { status, body: answer } = await app.feedback('acme.one', body);
    expect([status, answer.error.code, answer.error.message]).toEqual([
      429,
      'QUOTA_EXCEEDED',
      'Upsert would exceed vector quota: 2 + 1 > 2',
    ]);
    await app.teach('other', QUERY, ['d9'], 1);
    await put(app, 'acme', {}, { max_vectors: 3 });
    expect((await app.feedback('acme.one', body)).status).toBe(200);
  });

  it('refuse feedback beyond the storage there may be, and still rank', async () => {
    const app = await home.start(settings);
    await put(app, 'acme', {}, { max_storage_bytes: 10 });
    const { requestId } = await app.rank('acme', QUERY);
    const { status, body } = await app.feedback('acme', { request_id: requestId, selected_ids: ['d1'] });
    expect([status, body.error.code]).toEqual([429, 'QUOTA_EXCEEDED']);
    expect(body.error.message).toMatch(/^Storage quota exceeded: \d+ \/ 10 bytes$/);
    expect((await app.rank('acme', QUERY)).ids).toHaveLength(12);
  });
});

describe('weights of a namespace', () => {
  it('are inherited, field by field, and changed while it is open', async () => {
    const app = await home.start();
    await put(app, 'acme', { weight_narrative: 0 });
    await put(app, 'acme.below', { weight_pheromone: 0 });
    for (const name of ['acme.below', 'other']) await app.teach(name, QUERY, ['d9'], 4);
    const first = async (name: string) => (await app.rank(name, QUERY, { learn: false })).ids[0];
    expect(await first('other')).toBe('d9');
    expect(await first('acme.below')).not.toBe('d9');
    await put(app, 'acme.below', { weight_pheromone: 1, weight_narrative: 1 });
    expect(await first('acme.below')).toBe('d9');
  });
});

describe('with an upstream', () => {
  let usual: FakeServer;
  let own: FakeServer;
  beforeEach(async () => {
    [usual, own] = [await FakeServer.open(reranker('cohere-v2')), await FakeServer.open(reranker('jina'))];
  });
  afterEach(() => Promise.all([usual.close(), own.close()]));

  const start = (settings: Readonly<Record<string, string>> = {}) =>
    home.start({
      UPSTREAM_URL: usual.url,
      UPSTREAM_DIALECT: 'cohere-v2',
      UPSTREAM_MODEL: 'some-model',
      UPSTREAM_API_KEY: 'sk-of-the-settings',
      UPSTREAM_HEADERS: '{"X-Gateway":"secret"}',
      UPSTREAM_API_KEYS: '{"acme":"sk-of-acme"}',
      ...settings,
    });
  const upstream = (more = {}) => ({ url: own.url, dialect: 'jina', model: 'theirs', ...more });
  const byScore = DOCUMENTS.toSorted((a, b) => fakeScore(QUERY, b.text) - fakeScore(QUERY, a.text));
  const status = async (app: RunningApp, namespace: string, query = QUERY) =>
    (await app.post('/rerank', { query, documents: DOCUMENTS }, { 'X-NeuralCache-Namespace': namespace }))
      .headers['cache-status'];

  it('a namespace asks its own, with its own key, and nobody else does', async () => {
    const app = await start();
    await put(app, 'acme', { upstream: upstream({ api_key_name: 'acme' }) });
    expect((await app.rank('acme.below', QUERY)).ids).toEqual(byScore.map(({ id }) => id));
    expect([usual.seen.length, own.seen.length]).toEqual([0, 1]);
    const { headers, body } = own.seen[0]!;
    expect([headers.authorization, headers['x-gateway'], body.model]).toEqual([
      'Bearer sk-of-acme',
      undefined,
      'theirs',
    ]);
    await app.rank('other', QUERY);
    expect([usual.seen.length, own.seen.length]).toEqual([1, 1]);
    expect(usual.seen[0]!.headers.authorization).toBe('Bearer sk-of-the-settings');
  });

  it('without a key of its own it is sent none', async () => {
    const app = await start();
    await put(app, 'acme', { upstream: upstream() });
    await app.rank('acme', QUERY);
    expect(own.seen[0]!.headers.authorization).toBeUndefined();
  });

  it('takes nothing that another one gave for its scores once it is changed', async () => {
    const app = await start({ CACHE_PERSIST: 'true' });
    await app.rank('acme', QUERY);
    await put(app, 'acme', { upstream: upstream() });
    await until('it has left memory', async () => (await evictions(app, 'reconfigured')) === 1);
    await app.rank('acme', QUERY);
    expect([usual.seen.length, own.seen.length]).toEqual([1, 1]);
    await put(app, 'acme', { upstream: upstream({ api_key_name: 'acme' }) });
    await until('it has left memory', async () => (await evictions(app, 'reconfigured')) === 2);
    await app.rank('acme', QUERY);
    expect([usual.seen.length, own.seen.length]).toEqual([1, 2]);
  });

  it('is refused with words where it cannot be had, and without secrets', async () => {
    const app = await start();
    for (const [policies, words] of [
      [{ upstream: upstream({ api_key_name: 'gone' }) }, 'UPSTREAM_API_KEYS has no key "gone"'],
      [{ scorer: 'cross-encoder' }, 'CROSS_ENCODER_MODEL'],
    ] as const) {
      const { code, message, detail } = await put(app, 'acme', policies).catch((error) => error);
      expect([code, `${message} ${JSON.stringify(detail)}`]).toEqual([
        'VALIDATION_ERROR',
        expect.stringContaining(words.replaceAll('"', '\\"')),
      ]);
    }
  });

  it('whose key is gone after a restart is asked by nobody: 503, and never another one', async () => {
    const before = await start();
    await put(before, 'acme', { upstream: upstream({ api_key_name: 'acme' }) });
    await before.stop();
    const app = await start({ UPSTREAM_API_KEYS: '{"other":"sk-of-others"}' });
    const answer = await app.post(
      '/rerank',
      { query: QUERY, documents: DOCUMENTS },
      { 'X-NeuralCache-Namespace': 'acme' },
    );
    expect([answer.status, answer.body.error.code]).toEqual([503, 'UNAVAILABLE']);
    expect(answer.body.error.message).toContain('UPSTREAM_API_KEYS has no key "acme"');
    expect([usual.seen, own.seen]).toEqual([[], []]);
    expect((await app.rank('other', QUERY)).ids).toHaveLength(12);
    await put(app, 'acme', { upstream: upstream() });
    expect((await app.rank('acme', QUERY)).ids).toHaveLength(12);
  });

  it('its scores are good for as long as the policy says, also those it has', async () => {
    const app = await start({ CACHE_STALE_S: '0', CACHE_STALE_IF_ERROR_S: '0' });
    await app.rank('acme', QUERY);
    home.clock.advance(120_000);
    expect(await status(app, 'acme')).toBe('NeuralCache; hit');
    await put(app, 'acme', { cache_ttl_seconds: 60 });
    expect(await status(app, 'acme')).toContain('fwd=stale');
    expect(usual.seen).toHaveLength(2);
  });

  it('nothing of it is remembered where caches are off, and what was is forgotten, on disk too', async () => {
    const settings = { CACHE_PERSIST: 'true', STORAGE_BACKEND: 'json' };
    const app = await start(settings);
    for (const name of ['acme', 'other']) await app.rank(name, QUERY);
    expect(await status(app, 'acme')).toBe('NeuralCache; hit');
    await put(app, 'acme', { cache_enabled: false });
    for (let n = 0; n < 2; n++)
      expect(await status(app, 'acme')).toBe('NeuralCache; fwd=bypass; detail="0/12"');
    expect(usual.seen).toHaveLength(4);
    expect(await status(app, 'other')).toBe('NeuralCache; hit');
    await app.stop();
    const database = new BetterSqlite3(join(home.folder, CACHE_FILE), { readonly: true });
    const kept = database.prepare('SELECT namespace, count(*) FROM entries GROUP BY namespace').raw().all();
    database.close();
    expect(kept).toEqual([['other', 12]]);
    const again = await start(settings);
    await put(again, 'acme', { cache_enabled: true });
    expect(await status(again, 'acme')).toContain('fwd=miss');
  });
});
