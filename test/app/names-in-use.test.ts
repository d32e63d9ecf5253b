import { mkdirSync, renameSync, rmdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppHome, until } from './app-home.js';
import type { RunningApp } from './running-app.js';
import { STORAGE_MODE_NAMES, STORAGE_MODES } from './storage-modes.js';

const CLOSED = { NAMESPACE_AUTO_CREATE: 'false' };

let home: AppHome;
beforeEach(() => {
  home = new AppHome();
});
afterEach(() => home.remove());

async function statusOf(app: RunningApp, namespace: string): Promise<number> {
  const body = { query: 'ships', documents: [{ id: 'd', text: 'ships at sea' }] };
  return (await app.post('/rerank', body, { 'X-NeuralCache-Namespace': namespace })).status;
}

describe('without NAMESPACE_AUTO_CREATE', () => {
  it.each(STORAGE_MODE_NAMES)(
    'what was stored before may be used from the first request on (%s)',
    async (mode) => {
      const before = await home.start(STORAGE_MODES[mode]);
      await before.teach('known', 'ships', ['d0']);
      await before.stop();
      const after = await home.start({ ...STORAGE_MODES[mode], ...CLOSED });
      const statuses = [];
      for (const name of ['known', 'unknown', 'default']) statuses.push(await statusOf(after, name));
      expect(statuses).toEqual([200, 404, 200]);
    },
  );

  it('nobody is called unknown while the names cannot be read, and then they are, unasked', async () => {
    const before = await home.start();
    await before.teach('known', 'ships', ['d0']);
    await before.stop();
    renameSync(home.database, `${home.database}.away`);
    mkdirSync(home.database);
    const app = await home.start({ ...CLOSED, STORAGE_FLUSH_INTERVAL_MS: '10' });
    expect(await statusOf(app, 'known')).toBe(503);
    expect(await statusOf(app, 'unknown')).toBe(503);
    rmdirSync(home.database);
    renameSync(`${home.database}.away`, home.database);
    await until('the names are read', async () => (await statusOf(app, 'unknown')) === 404);
    expect(await statusOf(app, 'known')).toBe(200);
  });
});
