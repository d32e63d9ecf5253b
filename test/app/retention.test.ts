import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LastingClock } from '../../src/base/lasting-clock.js';
import { loadSettings } from '../../src/base/settings/load-settings.js';
import { AppHome, until } from './app-home.js';
import { RunningApp } from './running-app.js';
import { DURABLE_MODES, storedRows } from './stored.js';

const DAY_MS = 86_400_000;
const QUERY = 'where do ships go in winter';

let home: AppHome;
beforeEach(() => {
  home = new AppHome();
});
afterEach(() => home.remove());

async function report(app: RunningApp) {
  return (await app.client.get('/metrics/retention')).body;
}

async function sweeps(app: RunningApp, count: number) {
  await until(`sweep ${count} is over`, async () => (await report(app)).sweep_count >= count);
  return report(app);
}

/** Kinds of the rows that hold what was learned. */
async function learnedKinds(namespace: string, settings = {}): Promise<string[]> {
  const rows = (await storedRows(home.folder, settings)).get(namespace) ?? [];
  return [...new Set(rows.map(({ kind }) => kind))].filter((kind) => kind === 'cell' || kind === 'document');
}

describe('retention of the whole program', () => {
  it.each(DURABLE_MODES)(
    'forgets what is old where nobody opened it, and counts it ($mode)',
    async ({ settings }) => {
      const before = await home.start(settings);
      await before.teach('shop', QUERY, ['d9']);
      await before.stop();
      home.clock.advance(20 * DAY_MS);
      const later = await home.start(settings);
      await later.teach('blog', QUERY, ['d9']);
      await later.stop();
      const blog = (await storedRows(home.folder, settings)).get('blog');
      home.clock.advance(11 * DAY_MS);

      const app = await home.start({ ...settings, STORAGE_RETENTION_DAYS: '30' });
      const found = await sweeps(app, 1);
      expect(found).toEqual({
        retention_enabled: true,
        retention_days: 30,
        sweep_interval_s: 21_600,
        sweep_on_start: true,
        sweep_count: 1,
        last_sweep_ts: home.clock.now() / 1000,
        removed_cells: 1,
        removed_pheromones: 24, // of twelve documents, in the cell and of the namespace
        removed_narratives: 2,
        failures: 0,
      });
      expect(await learnedKinds('shop', settings)).toEqual([]);
      expect((await storedRows(home.folder, settings)).get('blog')).toEqual(blog);
      expect((await app.metrics()).get('neuralcache_namespaces_resident')).toBe(0);
      const metrics = await app.metrics();
      expect(metrics.get('neuralcache_retention_sweeps_total{outcome="done"}')).toBe(1);
      expect(metrics.get('neuralcache_retention_removed_total{part="cells"}')).toBe(1);
      expect(metrics.get('neuralcache_retention_removed_total{part="pheromones"}')).toBe(24);
      const { body } = await app.rank('shop', QUERY, { learn: false, explain: true });
      expect(body.results[0].components).toMatchObject({ narrative: 0, pheromone: 0 });
    },
  );

  it.each([...DURABLE_MODES, { mode: 'memory', settings: { STORAGE_BACKEND: 'memory' } }])(
    'forgets in open namespaces, interval after interval ($mode)',
    async ({ mode, settings }) => {
      const app = await home.start({
        ...settings,
        STORAGE_RETENTION_DAYS: '30',
        STORAGE_RETENTION_SWEEP_ON_START: 'false',
        STORAGE_RETENTION_SWEEP_INTERVAL_S: '0.01',
      });
      await app.teach('shop', QUERY, ['d9']);
      const { sweep_count } = await sweeps(app, 2);
      expect(await report(app)).toMatchObject({ removed_cells: 0, removed_pheromones: 0 });
      home.clock.advance(31 * DAY_MS);
      expect(await sweeps(app, sweep_count + 2)).toMatchObject({ removed_cells: 1, removed_pheromones: 24 });
      const { body } = await app.rank('shop', QUERY, { learn: false, explain: true });
      expect(body.results[0].components).toMatchObject({ narrative: 0, pheromone: 0 });
      await app.stop();
      if (mode !== 'memory') expect(await learnedKinds('shop', settings)).toEqual([]);
    },
  );

  it('keeps everything unless days are set', async () => {
    const before = await home.start();
    await before.teach('shop', QUERY, ['d9']);
    await before.stop();
    home.clock.advance(10_000 * DAY_MS);
    const app = await home.start({ STORAGE_RETENTION_SWEEP_INTERVAL_S: '0.01' });
    await app.rank('blog', QUERY);
    expect(await report(app)).toMatchObject({ retention_enabled: false, sweep_count: 0 });
    expect(await learnedKinds('shop')).toEqual(['cell', 'document']);
  });

  it('waits a day where the wall clock jumped by years, and then goes by 30 days', async () => {
    const start = async (wall: number) => {
      const doubts: string[] = [];
      const env = {
        NEURALCACHE_STORAGE_DIR: home.folder,
        NEURALCACHE_STORAGE_RETENTION_DAYS: '25',
        NEURALCACHE_STORAGE_RETENTION_SWEEP_INTERVAL_S: '0.01',
      };
      const clock = new LastingClock({
        file: `${home.folder}/neuralcache.clock`,
        wall: () => wall,
        monotonic: () => 0,
        onDoubt: (_, message) => doubts.push(message),
        onSaveFailed: (error) => doubts.push(error.message),
      });
      const app = await RunningApp.start(loadSettings({ env, cwd: home.folder }).settings, clock);
      return { app, doubts };
    };
    const noon = Date.UTC(2026, 0, 1, 12);
    const first = await start(noon);
    await first.app.teach('shop', QUERY, ['d9']);
    await first.app.stop();
    const second = await start(noon + 4000 * DAY_MS);
    expect(second.doubts).toEqual([expect.stringContaining('more than 30 days ahead')]);
    await second.app.rank('blog', QUERY);
    expect(await report(second.app)).toMatchObject({ sweep_count: 0 });
    await second.app.stop();
    expect(await learnedKinds('shop')).toEqual(['cell', 'document']);
    // The time server is right again: 31 days went by, which is more than 25.
    const third = await start(noon + 31 * DAY_MS);
    expect(await sweeps(third.app, 1)).toMatchObject({ removed_cells: 1 });
    await third.app.stop();
    expect([third.doubts, await learnedKinds('shop')]).toEqual([[], []]);
  });
});
