import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { QuotasSpec } from '../../src/management/namespace-admin.js';
import { undescribed } from '../http/description/described-answer.js';
import { AppHome } from './app-home.js';
import type { RunningApp } from './running-app.js';

const CALL = { actor: 'cli:test', requestId: 'r' };
const REFUSALS = 'neuralcache_quota_refusals_total{quota="max_vectors"}';

let home: AppHome;
beforeEach(() => {
  home = new AppHome();
});
afterEach(() => home.remove());

const start = () => home.start({ STORAGE_BACKEND: 'memory' });
const register = (app: RunningApp, quotas: QuotasSpec) =>
  app.services.admin.create({ id: 'acme', quotas }, CALL);
const limitOf = async (app: RunningApp, quota: 'max_vectors' | 'max_storage_bytes') =>
  (await app.services.admin.get('acme')).quotas[quota]!.limit;

/** Ranks another query, and says what helped. */
async function teach(app: RunningApp, query: string, namespace = 'acme.web') {
  const { requestId } = await app.rank(namespace, query);
  return app.feedback(namespace, { request_id: requestId, selected_ids: ['d3'] });
}

describe('feedback that a quota has no room for', () => {
  it('is refused, counted and told of like any other request over a quota', async () => {
    const app = await start();
    await register(app, { max_vectors: 1 });
    expect((await teach(app, 'rivers')).status).toBe(200);
    const { status, headers, body } = await teach(app, 'towers');
    expect(undescribed('POST', '/feedback', { status, headers, body })).toEqual([]);
    expect([status, headers['retry-after'], body.error]).toEqual([
      429,
      '60',
      {
        code: 'QUOTA_EXCEEDED',
        message: 'Upsert would exceed vector quota: 1 + 1 > 1',
        detail: { quota: 'max_vectors', namespace: 'acme' },
      },
    ]);
    const { requestId } = await app.rank('acme.web', 'deserts');
    const batch = await app.post('/feedback/batch', [{ request_id: requestId, selected_ids: ['d3'] }], {
      'X-NeuralCache-Namespace': 'acme.web',
    });
    expect(batch.body[0].error.detail).toEqual({ quota: 'max_vectors', namespace: 'acme' });
    const metrics = await app.metrics();
    expect(metrics.get(REFUSALS)).toBe(2);
    expect(metrics.get('neuralcache_feedback_events_total{outcome="quota"}')).toBe(2);
    const told = app.logged.filter(({ msg }) => msg === 'requests over a quota are refused');
    expect(told).toEqual([expect.objectContaining({ quota: 'max_vectors', namespace: 'acme.web' })]);
  });

  it('has the limit raised first where that raises itself, up to the ceiling', async () => {
    const app = await start();
    const auto_raise = { above: 0.9, factor: 2, ceiling: 4 };
    await register(app, { max_vectors: { limit: 1, auto_raise } });
    const statuses = [];
    for (const query of ['rivers', 'towers', 'deserts', 'harbours', 'coasts'])
      statuses.push((await teach(app, query)).status);
    expect(statuses).toEqual([200, 200, 200, 200, 429]);
    expect(await limitOf(app, 'max_vectors')).toBe(4);
    expect((await app.metrics()).get(REFUSALS)).toBe(1);
  });

  it('has it raised for all that come at the same time', async () => {
    const app = await start();
    await register(app, { max_vectors: { limit: 1, auto_raise: { above: 1, factor: 1.5, ceiling: 100 } } });
    const names = ['acme', 'acme.a', 'acme.b', 'acme.c', 'acme.d', 'acme.e'];
    const answers = await Promise.all(names.map((name) => teach(app, 'rivers', name)));
    expect(answers.map(({ status }) => status)).toEqual(names.map(() => 200));
    expect((await app.metrics()).get(REFUSALS)).toBeUndefined();
  });

  it('is not kept out where storage is full and its limit may rise', async () => {
    const app = await start();
    const { requestId } = await app.rank('acme.web', 'rivers');
    await register(app, {
      max_storage_bytes: { limit: 1, auto_raise: { above: 0.9, factor: 2, ceiling: 1e9 } },
    });
    const { status } = await app.feedback('acme.web', { request_id: requestId, selected_ids: ['d3'] });
    expect(status).toBe(200);
    expect(await limitOf(app, 'max_storage_bytes')).toBeGreaterThan(100);
    expect((await teach(app, 'towers')).status).toBe(200);
  });
});
