import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { catalogPath } from '../../src/stores/catalog-schema.js';
import { AppHome } from './app-home.js';
import type { RunningApp } from './running-app.js';

const TOKEN = 'a-token-of-an-administrator';
const MANAGED = { ADMIN_TOKENS: TOKEN };

let home: AppHome;
beforeEach(() => {
  home = new AppHome();
});
afterEach(() => home.remove());

const path = () => catalogPath(home.folder);

async function asked(app: RunningApp, namespace: string): Promise<number> {
  const body = { query: 'q', documents: [{ id: 'a', text: 'hello' }] };
  return (await app.post('/rerank', body, { 'X-NeuralCache-Namespace': namespace })).status;
}

async function catalogCheck(app: RunningApp): Promise<{ status: string; detail?: string }> {
  return (await app.client.get('/readyz')).body.checks.catalog;
}

/** A folder whose catalog has one that is suspended and one that is not. */
async function suspended(): Promise<void> {
  const app = await home.start(MANAGED);
  const authorization = { Authorization: `Bearer ${TOKEN}` };
  for (const id of ['shut', 'open']) await app.post('/admin/namespaces', { id }, authorization);
  await app.client.put('/admin/namespaces/shut/status').set(authorization).send({ status: 'suspended' });
  expect([await asked(app, 'shut'), await asked(app, 'open')]).toEqual([403, 200]);
  await app.stop();
}

function errors(app: RunningApp): string[] {
  return app.logged.filter(({ level }) => level === 'error').map(({ msg }) => String(msg));
}

it.each([{}, MANAGED])(
  'where the catalog there was is no file any more, nobody is let in: %j',
  async (settings) => {
    await suspended();
    rmSync(path());
    mkdirSync(path());
    const app = await home.start(settings);
    expect([await asked(app, 'shut'), await asked(app, 'open')]).toEqual([503, 503]);
    expect(await catalogCheck(app)).toMatchObject({ status: 'degraded' });
  },
);

it('one that is empty is told of for as long as the server runs, and begun anew', async () => {
  await suspended();
  writeFileSync(path(), '');
  const app = await home.start();
  expect(await catalogCheck(app)).toEqual({
    status: 'degraded',
    detail: expect.stringMatching(/was damaged and set aside; 0 rows of it were kept/),
  });
  expect(errors(app)).toHaveLength(1);
  expect((await app.client.get('/readyz')).body.status).toBe('degraded');
  await app.stop();
  expect(await catalogCheck(await home.start())).toEqual({ status: 'ok' });
});

it('one that is gone is told of, not taken for one that never was', async () => {
  await suspended();
  for (const name of readdirSync(home.folder))
    if (name.startsWith('neuralcache-catalog.db')) rmSync(`${home.folder}/${name}`);
  const app = await home.start();
  expect(await catalogCheck(app)).toEqual({
    status: 'degraded',
    detail: expect.stringContaining('is gone from the folder'),
  });
  expect(errors(app)).toEqual([expect.stringContaining('is gone from the folder')]);
});

it('one that never held anything may go', async () => {
  await (await home.start()).stop();
  rmSync(path());
  expect(await catalogCheck(await home.start())).toEqual({ status: 'ok' });
});

it('whose record is lost, but not the word that it was suspended, is suspended', async () => {
  await suspended();
  const database = new BetterSqlite3(path());
  database.exec('DELETE FROM records');
  database.pragma('journal_mode = DELETE');
  database.close();
  writeFileSync(path(), readFileSync(path()).fill(0xee, 68, 72));
  const app = await home.start();
  expect([await asked(app, 'shut'), await asked(app, 'open')]).toEqual([403, 200]);
  expect(await catalogCheck(app)).toMatchObject({ status: 'degraded' });
  expect(errors(app)).toContainEqual(expect.stringContaining('they are suspended'));
  await app.stop();
  expect(await asked(await home.start(), 'shut')).toBe(403);
});

it('a purge names the files it leaves within the folder, and does not say that nothing is left', async () => {
  await suspended();
  writeFileSync(`${home.folder}/neuralcache-catalog.db.damaged-2026-01-01T00-00-00-000Z`, 'x');
  const app = await home.start(MANAGED);
  const { body } = await app.client
    .delete('/admin/namespaces/open?force=true')
    .set({ Authorization: `Bearer ${TOKEN}` });
  expect(body).toMatchObject({
    verified: false,
    left: ['neuralcache-catalog.db.damaged-2026-01-01T00-00-00-000Z'],
  });
});
