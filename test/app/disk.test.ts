import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppHome, until } from './app-home.js';
import type { RunningApp } from './running-app.js';
import { STORAGE_MODE_NAMES, STORAGE_MODES } from './storage-modes.js';

const QUERY = 'boats on the water';

let home: AppHome;
beforeEach(() => {
  home = new AppHome();
});
afterEach(() => home.remove());

async function readiness(app: RunningApp): Promise<[number, string]> {
  const { status, body } = await app.client.get('/readyz');
  return [status, body.status];
}

describe('while the disk fails', () => {
  it('ranking goes on, feedback is a 503 that changes nothing, and it recovers by itself', async () => {
    const app = await home.start();
    await app.teach('a', QUERY, ['d9'], 3);
    const { requestId } = await app.rank('a', QUERY);
    const body = { request_id: requestId, selected_ids: ['d4'] };
    const before = [await app.look('a', QUERY), home.dump()];
    expect(await readiness(app)).toEqual([200, 'ok']);

    home.breakDisk();
    for (const _ of [1, 2]) {
      const refused = await app.feedback('a', body);
      expect([refused.status, refused.body.error.code]).toEqual([503, 'UNAVAILABLE']);
      expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    }
    expect([await app.look('a', QUERY), home.dump()]).toEqual(before);
    expect((await app.rank('a', QUERY)).ids).toEqual((before[0] as { ids: unknown }).ids);
    expect((await app.rank('new', QUERY)).body.meta.degraded).toBe(false);
    expect(await readiness(app)).toEqual([200, 'degraded']);
    const metrics = await app.metrics();
    expect(metrics.get('neuralcache_storage_errors_total{operation="feedback"}')).toBe(2);
    expect(metrics.get('neuralcache_feedback_events_total{outcome="failed"}')).toBe(2);

    home.healDisk();
    expect((await app.feedback('a', body)).status).toBe(200);
    expect(await readiness(app)).toEqual([200, 'ok']);
    expect(await app.look('a', QUERY)).not.toEqual(before[0]);
    await app.teach('new', QUERY, ['d7'], 3);
    expect((await app.rank('new', QUERY)).ids[0]).toBe('d7');
  });

  it('it is noticed without a feedback, and so is the end of it', async () => {
    const app = await home.start({ STORAGE_FLUSH_INTERVAL_MS: '10' });
    await app.rank('a', QUERY);
    await until('what waits is written', () => home.dump().has('a'));
    home.breakDisk();
    await app.rank('a', 'the sky at night');
    await until('it is noticed', async () => (await readiness(app))[1] === 'degraded');
    expect((await app.metrics()).get('neuralcache_storage_errors_total{operation="flush"}')).toBeGreaterThan(
      0,
    );
    const rows = home.dump().get('a')?.length ?? 0;
    home.healDisk();
    await until('it is over', async () => (await readiness(app))[1] === 'ok');
    await until('what waited is written', () => (home.dump().get('a')?.length ?? 0) > rows);
  });

  it('what could not be saved is not evicted with what it learned', async () => {
    const app = await home.start({ MAX_NAMESPACES: '2' });
    await app.teach('a', QUERY, ['d9'], 3);
    const { requestId } = await app.rank('a', QUERY);
    home.breakDisk();
    await app.rank('b', QUERY);
    await app.rank('c', QUERY);
    expect((await app.rank('a', QUERY)).ids[0]).toBe('d9');
    home.healDisk();
    expect((await app.feedback('a', { request_id: requestId, selected_ids: ['d9'] })).status).toBe(200);
  });

  it('a stop ends all the same, and says what is lost', async () => {
    const app = await home.start();
    await app.rank('a', QUERY);
    home.breakDisk();
    await app.stop();
    expect(app.logged).toContainEqual(expect.objectContaining({ level: 'error', namespace: 'a' }));
    home.healDisk();
    const again = await home.start();
    expect((await again.rank('a', QUERY)).ids).toHaveLength(12);
  });
});

describe.each(STORAGE_MODE_NAMES)('a folder that cannot be had at the start, %s', (mode) => {
  it('costs only the memory until it is there, and needs no restart', async () => {
    const blocked = join(home.folder, 'blocked');
    const folder = join(blocked, 'data');
    writeFileSync(blocked, 'a file where a folder should be');
    const settings = { ...STORAGE_MODES[mode], STORAGE_DIR: folder, STORAGE_FLUSH_INTERVAL_MS: '10' };
    const app = await home.start(settings);
    expect(await readiness(app)).toEqual([200, 'degraded']);
    const { ids, body, requestId } = await app.rank('a', QUERY);
    expect([ids.length, body.meta.degraded]).toEqual([12, true]);
    expect((await app.feedback('a', { request_id: requestId, selected_ids: ['d4'] })).status).toBe(503);

    rmSync(blocked);
    await until('it has recovered', async () => {
      home.clock.advance(1_000);
      const answer = await app.rank('a', QUERY);
      return !answer.body.meta.degraded && (await readiness(app))[1] === 'ok';
    });
    await app.teach('a', QUERY, ['d9'], 3);
    const learned = await app.look('a', QUERY);
    await app.stop();
    const again = await home.start({ ...STORAGE_MODES[mode], STORAGE_DIR: folder });
    expect(await again.look('a', QUERY)).toEqual(learned);
    expect((learned as { ids: string[] }).ids[0]).toBe('d9');
  });

  it('is found again with all that was learned there, also by namespaces that ranked without it', async () => {
    const folder = join(home.folder, 'data');
    const settings = { ...STORAGE_MODES[mode], STORAGE_DIR: folder, STORAGE_FLUSH_INTERVAL_MS: '10' };
    const first = await home.start(settings);
    await first.teach('a', QUERY, ['d9'], 4);
    await first.stop();
    renameSync(folder, `${folder}.away`);
    writeFileSync(folder, 'a file where a folder should be');

    // No round of maintenance comes: what is read brings its key along.
    const second = await home.start({ ...settings, STORAGE_FLUSH_INTERVAL_MS: '600000' });
    const base = await second.rank('a', QUERY);
    expect([base.body.meta.degraded, base.body.meta.adapted]).toEqual([true, false]);
    const headers = { 'X-NeuralCache-Learn': 'false' };
    const plain = { query: QUERY, documents: [{ id: 'x', text: 'y' }] };
    const degraded = async () => (await second.post('/ns/a/rerank', plain, headers)).headers;
    expect((await degraded())['x-neuralcache-degraded']).toBe('memory');
    rmSync(folder);
    renameSync(`${folder}.away`, folder);
    await until('it has recovered', async () => {
      home.clock.advance(1_000);
      return (await degraded())['x-neuralcache-degraded'] === undefined;
    });
    const found = await second.look('a', QUERY);
    expect((found as { ids: string[] }).ids[0]).toBe('d9');
    await second.stop();
    const third = await home.start(settings);
    expect(await third.look('a', QUERY)).toEqual(found);
  });

  it('counts as mended without anybody asking for anything', async () => {
    const folder = join(home.folder, 'data');
    writeFileSync(folder, 'a file where a folder should be');
    const settings = { ...STORAGE_MODES[mode], STORAGE_DIR: folder, STORAGE_FLUSH_INTERVAL_MS: '10' };
    const app = await home.start(settings);
    expect(await readiness(app)).toEqual([200, 'degraded']);
    rmSync(folder);
    await until('it is noticed', async () => (await readiness(app))[1] === 'ok');
  });
});

it('a folder where the database should be costs the memory alone', async () => {
  mkdirSync(home.database);
  const app = await home.start();
  expect(await readiness(app)).toEqual([200, 'degraded']);
  expect((await app.rank('a', QUERY)).ids).toHaveLength(12);
});
