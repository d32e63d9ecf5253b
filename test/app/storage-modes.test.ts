import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppHome, until } from './app-home.js';
import type { RunningApp } from './running-app.js';
import { STORAGE_MODE_NAMES, STORAGE_MODES, type StorageModeName } from './storage-modes.js';

const QUERY = 'boats on the water';

let home: AppHome;
beforeEach(() => {
  home = new AppHome();
});
afterEach(() => home.remove());

describe.each(STORAGE_MODE_NAMES)('state kept as %s', (mode) => {
  const settings = STORAGE_MODES[mode];

  it('is there after a restart and after an eviction, and nothing of it in another namespace', async () => {
    const first = await home.start({ ...settings, MAX_NAMESPACES: '2' });
    await first.teach('a', QUERY, ['d9'], 3);
    await first.teach('A', QUERY, ['d4'], 3);
    await first.teach('c', QUERY, ['d7'], 3);
    const learned = async (app = first) => [
      await app.look('a', QUERY),
      await app.look('A', QUERY),
      await app.look('c', QUERY),
    ];
    const before = await learned();
    expect(before.map((answer) => (answer as { ids: string[] }).ids[0])).toEqual(['d9', 'd4', 'd7']);
    await first.stop();
    expect(await learned(await home.start(settings))).toEqual(before);
  });

  it('takes feedback for an answer given before a restart, once', async () => {
    const first = await home.start(settings);
    const { requestId } = await first.rank('a', QUERY);
    await first.stop();
    const second = await home.start(settings);
    const body = { request_id: requestId, selected_ids: ['d4'] };
    expect((await second.feedback('a', body)).status).toBe(200);
    const once = await second.look('a', QUERY);
    expect((await second.feedback('a', body)).status).toBe(200);
    expect(await second.look('a', QUERY)).toEqual(once);
  });

  it('goes with its namespace, and leaves the others', async () => {
    const app = await home.start(settings);
    await app.teach('a', QUERY, ['d9'], 3);
    await app.teach('b', QUERY, ['d9'], 3);
    const kept = await app.look('b', QUERY);
    await app.services.drop('a');
    expect(((await app.look('a', QUERY)) as { ids: string[] }).ids[0]).not.toBe('d9');
    expect(await app.look('b', QUERY)).toEqual(kept);
  });

  it('does not stop ranking while the disk stands still', async () => {
    const app = await home.start({ ...settings, STORAGE_TIMEOUT_MS: '20' });
    await app.teach('a', QUERY, ['d9'], 3);
    const { requestId } = await app.rank('a', QUERY);
    const open = await GATES[mode](home, app);
    let isSettled = false;
    const settled = app.feedback('a', { request_id: requestId, selected_ids: ['d9'] }).then(({ status }) => {
      isSettled = true;
      return status;
    });
    for (let n = 0; n < 20; n += 1) expect((await app.rank('a', QUERY)).ids[0]).toBe('d9');
    const unknown = await app.rank('new', QUERY);
    expect([unknown.ids.length, unknown.body.meta.degraded]).toEqual([12, true]);
    expect(isSettled).toBe(false);
    open();
    expect(await settled).toBe(200);
    await until('the namespace has its memory', async () => {
      home.clock.advance(1_000);
      return !(await app.rank('new', QUERY)).body.meta.degraded;
    });
    await app.teach('new', QUERY, ['d7'], 3);
    expect((await app.rank('new', QUERY)).ids[0]).toBe('d7');
  });
});

/** Makes the disk stand still, and answers how to end that. */
const GATES: Readonly<Record<StorageModeName, (home: AppHome, app: RunningApp) => Promise<() => void>>> = {
  sqlite: async ({ folder }) => holdDatabase(join(folder, 'neuralcache.db')),
  'sqlite by namespace': async ({ folder }) => holdDatabase(join(folder, 'state.a.db')),
  json: async ({ folder }, app) => {
    // Whoever opens a pipe to read waits for one who writes.
    const pipe = join(folder, 'narrative.gate.json');
    execFileSync('mkfifo', [pipe]);
    expect((await app.rank('gate', QUERY)).body.meta.degraded).toBe(true);
    return () => writeFileSync(pipe, '');
  },
};

/** Another connection that writes: a commit waits for it, for at most two seconds. */
function holdDatabase(path: string): () => void {
  const database = new BetterSqlite3(path);
  database.exec('BEGIN IMMEDIATE');
  return () => void database.close();
}
