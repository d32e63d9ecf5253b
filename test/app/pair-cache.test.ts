import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CACHE_FILE } from '../../src/stores/worker-cache.js';
import { ServerProcess } from '../fixtures/server-process.js';
import { buildTinyCrossEncoder } from '../fixtures/tiny-models/cross-encoder.js';
import { AppHome, until } from './app-home.js';
import { DOCUMENTS, type RunningApp } from './running-app.js';

/** A cross-encoder of a few KB, made once. */
let models: string;
let home: AppHome;

beforeAll(() => {
  models = mkdtempSync(join(tmpdir(), 'neuralcache-pairs-'));
  buildTinyCrossEncoder(join(models, 'pairs'));
});
afterAll(() => rmSync(models, { recursive: true }));
beforeEach(() => {
  home = new AppHome();
});
afterEach(() => home.remove());

const settings = () => ({
  SCORER: 'cross-encoder',
  CROSS_ENCODER_MODEL: join(models, 'pairs'),
  INFERENCE_WORKERS: '1',
  CACHE_PERSIST: 'true',
  ADMIN_TOKENS: 'root',
});

const ask = { query: 'stars at sea', documents: DOCUMENTS, learn: false };

/** Ranks in a namespace; answers the headers. */
async function headersOf(app: RunningApp, namespace: string, more: Record<string, string> = {}) {
  const { status, headers } = await app.post('/rerank', ask, {
    'X-NeuralCache-Namespace': namespace,
    ...more,
  });
  return { status, cache: headers['cache-status'], age: headers.age };
}

const HIT = { status: 200, cache: 'NeuralCache; hit', age: '0' };
const MISS = { status: 200, cache: 'NeuralCache; fwd=miss; detail="0/12"; stored', age: undefined };

describe('scores of pairs', () => {
  it('are told of in headers, and counted', async () => {
    const app = await home.start(settings());
    expect(await headersOf(app, 'a')).toEqual(MISS);
    home.clock.advance(2500);
    expect(await headersOf(app, 'a')).toEqual({ ...HIT, age: '2' });
    const afresh = await headersOf(app, 'a', { 'Cache-Control': 'no-cache' });
    expect(afresh.cache).toBe('NeuralCache; fwd=request; detail="0/12"; stored');
    const bypass = await headersOf(app, 'a', { 'Cache-Control': 'no-store' });
    expect(bypass.cache).toBe('NeuralCache; fwd=bypass; detail="0/12"');
    expect((await headersOf(app, 'b', { 'Cache-Control': 'only-if-cached' })).status).toBe(504);
    const metrics = await app.metrics();
    const count = (name: string) => metrics.get(`neuralcache_${name}`);
    expect(count('model_pairs_total{scorer="cross-encoder",way="asked"}')).toBe(36);
    expect(count('model_pairs_total{scorer="cross-encoder",way="remembered"}')).toBe(12);
    for (const [outcome, total] of [
      ['hit', 12],
      ['miss', 24],
      ['bypass', 12],
    ] as const)
      expect(count(`cache_lookups_total{cache="pairs",outcome="${outcome}"}`)).toBe(total);
    expect(count('cache_bytes')).toBeGreaterThan(1000);
  });

  it('satisfy only-if-cached wherever everything can be computed here', async () => {
    const app = await home.start();
    expect((await headersOf(app, 'a', { 'Cache-Control': 'only-if-cached' })).status).toBe(200);
  });

  it('outlive a restart, also of another order, until they are purged', async () => {
    const before = await home.start(settings());
    await headersOf(before, 'a');
    await headersOf(before, 'b');
    await before.stop();
    const app = await home.start(settings());
    expect(await headersOf(app, 'a')).toEqual(HIT);
    const purge = (body: object) => app.post('/admin/cache/purge', body, { Authorization: 'Bearer root' });
    expect((await purge({ namespace: 'a' })).body.purged).toEqual({ pairs: 12 });
    expect(await headersOf(app, 'a')).toEqual(MISS);
    expect(await headersOf(app, 'b')).toEqual(HIT);
    expect((await purge({ model: 'pairs' })).body.purged).toEqual({ pairs: 24 });
    expect(await headersOf(app, 'b')).toEqual(MISS);
    await purge({ all: true });
    await app.stop();
    expect(await headersOf(await home.start(settings()), 'b')).toEqual(MISS);
  });

  it('of a namespace that was dropped are gone', async () => {
    const app = await home.start(settings());
    await headersOf(app, 'a');
    await app.services.drop('a');
    expect(await headersOf(app, 'a')).toEqual(MISS);
  });

  it('outlive a namespace’s stay in memory', async () => {
    const app = await home.start({ ...settings(), MAX_NAMESPACES: '2' });
    await headersOf(app, 'a');
    await headersOf(app, 'b');
    await headersOf(app, 'c');
    expect(await headersOf(app, 'a')).toEqual(HIT);
  });

  it('outlive kill -9', async () => {
    const start = () => new ServerProcess({ ...settings(), STORAGE_DIR: home.folder }, home.folder);
    const post = async (server: ServerProcess) => {
      const response = await fetch(`${await server.url}/rerank`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(ask),
      });
      await response.text();
      return response.headers.get('cache-status');
    };
    const first = start();
    expect(await post(first)).toBe(MISS.cache);
    const log = join(home.folder, `${CACHE_FILE}-wal`);
    const size = () => statSync(log, { throwIfNoEntry: false })?.size ?? 0;
    const empty = size();
    await until('the scores are on disk', () => size() > empty);
    await first.kill();
    const second = start();
    expect(await post(second)).toBe(HIT.cache);
    await second.stop();
  });
});
