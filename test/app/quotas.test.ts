import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppHome, until } from './app-home.js';
import { DOCUMENTS, type RunningApp } from './running-app.js';

const SETTINGS = { ADMIN_TOKENS: 'root', STORAGE_FLUSH_INTERVAL_MS: '20', QUOTA_WAIT_MS: '0' };
const ADMIN = { Authorization: 'Bearer root' };
const ACME = { 'X-NeuralCache-Namespace': 'acme' };

let home: AppHome;
let app: RunningApp;
beforeEach(async () => {
  home = new AppHome();
  app = await home.start(SETTINGS);
});
afterEach(() => home.remove());

async function create(id: string, quotas: object): Promise<void> {
  const { status } = await app.post('/admin/namespaces', { id, quotas }, ADMIN);
  expect(status).toBe(201);
}

interface Numbers {
  readonly storage_bytes: number;
  readonly impressions: number;
  readonly quota_utilization: number;
}

async function stats(): Promise<Numbers> {
  return (await app.client.get('/admin/namespaces/acme/stats').set(ADMIN)).body;
}

/** Ranks so many times; answers the warning of the last one. */
async function rank(times: number): Promise<string | undefined> {
  let warning: string | undefined;
  for (let n = 0; n < times; n++) {
    const body = { query: `question ${n} of ${times}`, documents: DOCUMENTS, top_k: 12 };
    const { status, headers } = await app.post('/rerank', body, ACME);
    expect(status).toBe(200);
    warning = headers['x-neuralcache-quota-warning'];
  }
  return warning;
}

describe('a quota of storage', () => {
  it('holds for one who only ranks: over changes of the catalog and a restart, and all tell the same', async () => {
    await create('acme', { max_storage_bytes: 20_000 });
    await until(
      'it is full',
      async () => (await rank(5)) !== undefined && (await stats()).quota_utilization >= 1,
    );
    const { impressions } = await stats();
    await create('unrelated', {});
    await rank(20);
    await app.client
      .patch('/admin/namespaces/acme')
      .set(ADMIN)
      .send({ tags: ['x'] });
    expect(await rank(20)).toMatch(/^max_storage_bytes;u=1/);
    await app.stop();
    app = await home.start(SETTINGS);
    await rank(20);
    await until('it is known anew', async () => (await rank(1)) !== undefined);
    const after = await stats();
    // What was being written when it became full; not those of sixty rankings since.
    expect(after.impressions - impressions).toBeLessThanOrEqual(5);
    expect(after.storage_bytes).toBeLessThan(30_000);
    const { text } = await app.client.get('/metrics');
    const gauge = Number(/^neuralcache_namespace_quota_utilization(?:\{[^}]*\})? (\S+)$/m.exec(text)![1]);
    expect(gauge).toBeCloseTo(after.quota_utilization, 1);
  });
});

describe('concurrent queries', () => {
  it('are held by the items of a batch, which come all the same', async () => {
    await create('acme', { max_concurrent_queries: 1 });
    const batch = Array.from({ length: 16 }, (_, n) => ({ query: `question ${n}`, documents: DOCUMENTS }));
    const { status, body } = await app.post('/rerank/batch', batch, ACME);
    expect([status, body.length]).toEqual([200, 16]);
    expect((await app.post('/rerank', batch[0]!, ACME)).status).toBe(200);
  });
});

describe('rates', () => {
  it('tell the time after which a request is really let in', async () => {
    await create('acme', { max_requests_per_second: 1, max_queries_per_minute: 1 });
    const body = { query: 'boats', documents: DOCUMENTS };
    expect((await app.post('/rerank', body, ACME)).status).toBe(200);
    const refused = await app.post('/rerank', body, ACME);
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '60']);
    home.clock.advance(60_000);
    expect((await app.post('/rerank', body, ACME)).status).toBe(200);
  });

  it('of nothing are refused, in a sentence that is true', async () => {
    const told = async (limit: number) =>
      (await app.post('/admin/namespaces', { id: 'acme', quotas: { max_queries_per_day: limit } }, ADMIN))
        .body.error.detail[0].msg;
    expect([await told(0), await told(-1)]).toEqual(['must be at least 1', 'must be at least 1']);
  });
});
