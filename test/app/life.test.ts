import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { undescribed } from '../http/description/described-answer.js';
import { AppHome } from './app-home.js';
import type { RunningApp } from './running-app.js';
import { DURABLE_MODES, storedRows } from './stored.js';

const QUERY = 'boats on the water';
const HOUR_MS = 3_600_000;
const MODES = [...DURABLE_MODES, { mode: 'memory', settings: { STORAGE_BACKEND: 'memory' } }];

let home: AppHome;
beforeEach(() => {
  home = new AppHome();
});
afterEach(() => home.remove());

/** What an administrator is answered, which must be as it is described. */
async function ask(app: RunningApp, method: 'get' | 'post' | 'put' | 'delete', path: string, body?: object) {
  const url = `/admin/namespaces${path}`;
  const request = app.client[method](url).set('Authorization', 'Bearer root');
  const answer = await (body === undefined ? request : request.send(body));
  expect([url, undescribed(method.toUpperCase(), url, answer)]).toEqual([url, []]);
  return answer;
}

/** The statuses of ranking and of feedback for the answer given before. */
async function uses(app: RunningApp, namespace: string, requestId: string): Promise<number[]> {
  const header = { 'X-NeuralCache-Namespace': namespace };
  const documents = [{ id: 'd1', text: 'one' }];
  const ranked = await app.post('/rerank', { query: QUERY, documents }, header);
  const fed = await app.feedback(namespace, { request_id: requestId, selected_ids: ['d4'] });
  return [ranked.status, fed.status];
}

const first = async (app: RunningApp, namespace: string) => (await app.rank(namespace, QUERY)).ids[0];
const unwritten = async (app: RunningApp) => (await app.metrics()).get('neuralcache_feedback_unwritten');

describe.each(MODES)('the life of a family of namespaces ($mode)', ({ mode, settings }) => {
  const isDurable = mode !== 'memory';
  const start = () => home.start({ ...settings, ADMIN_TOKENS: 'root' });
  /** Ends the program and starts it again, where that keeps anything. */
  const restarted = async (app: RunningApp) => {
    if (!isDurable) return app;
    await app.stop();
    return start();
  };

  async function create(app: RunningApp): Promise<void> {
    const strong = { id: 'acme', policies: { consistency: 'strong' } };
    const relaxed = { id: 'acme.search', policies: { consistency: 'relaxed' } };
    for (const body of [strong, relaxed]) expect((await ask(app, 'post', '', body)).status).toBe(201);
  }

  async function setStatus(app: RunningApp, status: string): Promise<void> {
    expect((await ask(app, 'put', '/acme/status', { status })).body.status).toBe(status);
  }

  it('is created, learns, is suspended, deleted, restored, purged, and starts anew with nothing', async () => {
    let app = await start();
    await create(app);
    await app.teach('acme', QUERY, ['d9'], 3);
    expect(await unwritten(app)).toBe(0);
    await app.teach('acme.search', QUERY, ['d7'], 3);
    expect(await unwritten(app)).toBe(3);
    await app.teach('other', QUERY, ['d4'], 3);
    app = await restarted(app);
    const learned = async () => [await first(app, 'acme'), await first(app, 'acme.search')];
    expect(await learned()).toEqual(['d9', 'd7']);

    const { requestId } = await app.rank('acme.search', QUERY);
    const statuses = () => uses(app, 'acme.search', requestId);
    await setStatus(app, 'suspended');
    expect(await statuses()).toEqual([403, 403]);
    app = await restarted(app);
    expect(await statuses()).toEqual([403, 403]);
    await setStatus(app, 'active');

    await setStatus(app, 'read_only');
    const before = (await ask(app, 'get', '/acme.search/stats')).body;
    expect(await learned()).toEqual(['d9', 'd7']);
    expect(await statuses()).toEqual([200, 409]);
    const after = (await ask(app, 'get', '/acme.search/stats')).body;
    expect([after.impressions, after.feedback_total]).toEqual([before.impressions, 3]);
    await setStatus(app, 'active');

    expect((await ask(app, 'delete', '/acme')).status).toBe(409);
    expect((await ask(app, 'delete', '/acme.search?grace=7200')).status).toBe(202);
    app = await restarted(app);
    home.clock.advance(HOUR_MS);
    await app.services.admin.sweep();
    expect(await statuses()).toEqual([409, 409]);
    expect((await ask(app, 'post', '/acme.search/restore')).body.status).toBe('active');
    home.clock.advance(2 * HOUR_MS);
    await app.services.admin.sweep();
    expect(await learned()).toEqual(['d9', 'd7']);

    expect((await ask(app, 'delete', '/acme.search?grace=7200')).status).toBe(202);
    home.clock.advance(2 * HOUR_MS + 1);
    await app.services.admin.sweep();
    expect((await ask(app, 'get', '/acme.search')).status).toBe(404);
    const erased = await ask(app, 'delete', '/acme?force=true');
    expect([erased.status, erased.body.verified]).toEqual([200, true]);
    expect((await ask(app, 'get', '/acme')).status).toBe(404);
    expect(await first(app, 'other')).toBe('d4');
    app = await restarted(app);
    if (isDurable) expect([...(await storedRows(home.folder, settings)).keys()]).toEqual(['other']);

    await create(app);
    expect((await app.feedback('acme.search', { request_id: requestId, selected_ids: ['d7'] })).status).toBe(
      404,
    );
    for (const [name, id] of [
      ['acme', 'd9'],
      ['acme.search', 'd7'],
    ] as const) {
      expect((await ask(app, 'get', `/${name}/stats`)).body).toMatchObject({ feedback_total: 0, cells: 0 });
      expect(await first(app, name)).not.toBe(id);
    }
  }, 60_000);
});
