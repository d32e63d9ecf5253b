import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStateReader } from '../../src/compose-stores.js';
import { JSON_FORMAT } from '../../src/stores/json-format.js';
import { encodeRecord, recordSeed } from '../../src/stores/records.js';
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
    const app = await home.start({ ...settings, STORAGE_TIMEOUT_MS: '50' });
    await hasMemory(app, 'a');
    await app.teach('a', QUERY, ['d9'], 3);
    const { requestId } = await app.rank('a', QUERY);
    const open = await GATES[mode](home, app);
    let isSettled = false;
    const settled = app.feedback('a', { request_id: requestId, selected_ids: ['d9'] }).then(({ status }) => {
      isSettled = true;
      return status;
    });
    for (let n = 0; n < 5; n += 1) expect((await app.rank('a', QUERY)).ids[0]).toBe('d9');
    const unknown = await app.rank('new', QUERY);
    expect([unknown.ids.length, unknown.body.meta.degraded]).toEqual([12, true]);
    expect(isSettled).toBe(false);
    open();
    expect(await settled).toBe(200);
    await hasMemory(app, 'new');
    await app.teach('new', QUERY, ['d7'], 3);
    expect((await app.rank('new', QUERY)).ids[0]).toBe('d7');
  });
});

describe('a folder that holds state of another mode', () => {
  const pairs = STORAGE_MODE_NAMES.flatMap((kept) =>
    STORAGE_MODE_NAMES.filter((wanted) => wanted !== kept).map((wanted) => [kept, wanted] as const),
  );

  it.each(pairs)(
    'stops the start in one sentence that says what to do: %s, then %s',
    async (kept, wanted) => {
      const app = await home.start(STORAGE_MODES[kept]);
      await app.teach('a', QUERY, ['d9'], 3);
      await app.stop();
      const before = home.files();
      const refusal = await home.start(STORAGE_MODES[wanted]).catch((error: Error) => error.message);
      expect(refusal).toMatch(/holds state kept as .*"neuralcache storage migrate --from \S+ --to \S+"/);
      expect(refusal).not.toContain('\n');
      await expect(openStateReader(home.settings(STORAGE_MODES[wanted]))).rejects.toThrow('storage migrate');
      expect(home.files()).toEqual(before);
      expect((await (await home.start(STORAGE_MODES[kept])).rank('a', QUERY)).ids[0]).toBe('d9');
    },
  );

  it('is one only when something was kept', async () => {
    await (await home.start(STORAGE_MODES.sqlite)).stop();
    await (await home.start(STORAGE_MODES.json)).stop();
    await home.start(STORAGE_MODES['sqlite by namespace']);
  });

  it('is told apart by its templates as well', async () => {
    const app = await home.start({ STORAGE_DB_TEMPLATE: 'one.{namespace}.db' });
    await app.teach('a', QUERY, ['d9'], 3);
    await app.stop();
    await expect(home.start({ STORAGE_DB_TEMPLATE: 'two.{namespace}.db' })).rejects.toThrow(
      'by other templates',
    );
  });

  it.each([
    [{ STORAGE_DB_TEMPLATE: 'state.db' }, 'NEURALCACHE_STORAGE_DB_TEMPLATE'],
    [{ STORAGE_DB_TEMPLATE: '../{namespace}.db' }, 'NEURALCACHE_STORAGE_DB_TEMPLATE'],
    [
      { NAMESPACED_PERSISTENCE: 'true', INDEX_STORE_TEMPLATE: 'narrative.{namespace}.json' },
      'STORE_TEMPLATE: can name the same file',
    ],
  ])('templates that cannot be used stop the start: %j', async (settings, said) => {
    await expect(home.start(settings as Record<string, string>)).rejects.toThrow(said);
    expect(home.files()).toEqual(new Map());
  });
});

describe.each(['sqlite by namespace', 'json'] as const)('trouble of one namespace, %s', (mode) => {
  const FILES = { 'sqlite by namespace': 'state.a.db', json: 'index.a.json' };
  const settings = STORAGE_MODES[mode];

  async function teachTwo(): Promise<void> {
    const app = await home.start(settings);
    for (const name of ['a', 'b']) await app.teach(name, QUERY, ['d9'], 3);
    await app.stop();
  }

  async function storage(app: RunningApp): Promise<unknown> {
    const { status, body } = await app.client.get('/readyz');
    expect(status).toBe(200);
    return body.checks.storage;
  }

  it('a newer format: base order, no feedback, named when asked whether it is ready; others go on', async () => {
    await teachTwo();
    makeNewer(join(home.folder, FILES[mode]));
    const app = await home.start(settings);
    const { ids, body, requestId } = await app.rank('a', QUERY);
    expect([ids[0] === 'd9', body.meta.degraded]).toEqual([false, true]);
    expect((await app.feedback('a', { request_id: requestId, selected_ids: ['d9'] })).status).toBe(503);
    expect((await app.rank('b', QUERY)).ids[0]).toBe('d9');
    await app.teach('b', QUERY, ['d9'], 1);
    expect(await storage(app)).toMatchObject({
      status: 'degraded',
      unusable: 1,
    });
  });

  it('damage: it begins with what is whole, is named and counted; others go on', async () => {
    await teachTwo();
    writeFileSync(join(home.folder, FILES[mode]), 'garbage');
    const app = await home.start(settings);
    expect((await app.rank('a', QUERY)).body.meta.degraded).toBe(false);
    expect((await app.rank('b', QUERY)).ids[0]).toBe('d9');
    expect(await storage(app)).toMatchObject({ status: 'ok', quarantined: 1 });
    expect((await app.metrics()).get('neuralcache_storage_quarantined_total')).toBe(1);
    expect(app.logged).toContainEqual(expect.objectContaining({ level: 'error', namespace: 'a' }));
    await app.teach('a', QUERY, ['d4'], 3);
    expect((await app.rank('a', QUERY)).ids[0]).toBe('d4');
  });

  it.runIf(mode === 'json')(
    'a file that is gone: it says which, and that nothing was set aside',
    async () => {
      await teachTwo();
      const file = join(home.folder, FILES[mode]);
      rmSync(file);
      const app = await home.start(settings);
      expect((await app.rank('a', QUERY)).body.meta.degraded).toBe(false);
      expect(await storage(app)).toMatchObject({ status: 'ok', quarantined: 1 });
      const [said] = app.logged.filter(({ level }) => level === 'error');
      expect(said).toMatchObject({ namespace: 'a', file, msg: expect.stringContaining('is missing') });
      expect(said).not.toHaveProperty('newFile');
    },
  );

  function makeNewer(path: string): void {
    if (mode === 'json') {
      const header = JSON.stringify({ header: { format: JSON_FORMAT + 1, namespace: 'a', part: 'index' } });
      writeFileSync(path, encodeRecord(header, recordSeed('a', 'index')));
      return;
    }
    const database = new BetterSqlite3(path);
    database.pragma('user_version = 99');
    database.close();
  }
});

/** Loading may have taken longer than a request waits for it. */
function hasMemory(app: RunningApp, namespace: string): Promise<void> {
  return until('the namespace has its memory', async () => {
    home.clock.advance(1_000);
    return !(await app.rank(namespace, QUERY)).body.meta.degraded;
  });
}

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
