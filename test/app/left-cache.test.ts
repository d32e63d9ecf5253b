import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.js';
import { loadSettings } from '../../src/base/settings/load-settings.js';
import { leftCache } from '../../src/compose-cache.js';
import { CACHE_FILE, openWorkerCache } from '../../src/stores/worker-cache.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'neuralcache-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('erases from a cache that an earlier run left, and makes none', async () => {
  const { settings } = loadSettings({ env: { NEURALCACHE_STORAGE_DIR: folder }, cwd: folder });
  const cache = leftCache(settings, systemClock());
  expect(await cache.erase('acme')).toEqual({ rows: 0, bytes: 0, files: [], left: [] });
  expect(readdirSync(folder)).toEqual([]);
  const path = join(folder, CACHE_FILE);
  const earlier = openWorkerCache({ path, maxBytes: 1 << 24, clock: systemClock() });
  earlier.put('acme', [{ key: 'k', value: Buffer.from('Zebrafink') }]);
  await earlier.close();
  expect(readFileSync(path).includes('Zebrafink')).toBe(true);
  expect(await cache.erase('acme')).toMatchObject({ rows: 1, bytes: 9 });
  expect(readdirSync(folder).some((name) => readFileSync(join(folder, name)).includes('Zebrafink'))).toBe(
    false,
  );
});
