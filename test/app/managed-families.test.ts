import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppHome } from './app-home.js';
import type { RunningApp } from './running-app.js';
import { STORAGE_MODE_NAMES, STORAGE_MODES } from './storage-modes.js';

const TOKEN = { Authorization: 'Bearer root' };

let home: AppHome;
beforeEach(() => {
  home = new AppHome();
});
afterEach(() => home.remove());

/** Ranks for a query of its own, and says what helped; the status and message of the feedback. */
async function learn(app: RunningApp, namespace: string, query: string) {
  const { requestId } = await app.rank(namespace, query);
  const { status, body } = await app.feedback(namespace, { request_id: requestId, selected_ids: ['d3'] });
  return [status, body.error?.message];
}

describe.each(STORAGE_MODE_NAMES)('max_vectors of a family (%s)', (mode) => {
  it('holds for all below it together, and a purged member gives its room back', async () => {
    const app = await home.start({ ...STORAGE_MODES[mode], ADMIN_TOKENS: 'root' });
    for (const body of [
      { id: 'acme', quotas: { max_vectors: 2 } },
      { id: 'acme.search' },
      { id: 'acme.support' },
    ])
      expect((await app.post('/admin/namespaces', body, TOKEN)).status).toBe(201);
    expect(await learn(app, 'acme.search', 'ships')).toEqual([200, undefined]);
    expect(await learn(app, 'acme.support', 'bread and Zebrafink')).toEqual([200, undefined]);
    const refused = [429, 'Upsert would exceed vector quota: 2 + 1 > 2'];
    expect(await learn(app, 'acme.search', 'apples in autumn')).toEqual(refused);
    expect(await learn(app, 'other', 'apples in autumn')).toEqual([200, undefined]);
    const gone = await app.client.delete('/admin/namespaces/acme.support?force=true').set(TOKEN);
    expect([gone.status, gone.body.verified]).toEqual([200, true]);
    expect(await learn(app, 'acme.search', 'apples in autumn')).toEqual([200, undefined]);
    expect(await learn(app, 'acme.search', 'old maps of coasts')).toEqual(refused);
    await app.stop();
    const files = readdirSync(home.folder, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    for (const { parentPath, name } of files)
      expect([name, readFileSync(join(parentPath, name)).includes('Zebrafink')]).toEqual([name, false]);
  });
});
