import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.js';
import { newRecord } from '../../src/catalog/record.js';
import { recordRow } from '../../src/catalog/record-row.js';
import { stateForCommands } from '../../src/compose-state.js';
import { openCatalogReader } from '../../src/stores/catalog-reader.js';
import { catalogPath } from '../../src/stores/catalog-schema.js';
import type { CatalogChange } from '../../src/stores/catalog-store.js';
import { openWorkerCatalog } from '../../src/stores/worker-catalog.js';
import { append, record, rowsOf } from '../contracts/catalog-store.js';
import { STORED_MODE_NAMES, type StoredMode } from '../fixtures/stored-modes.js';
import { StorageHome } from './storage-home.js';

let home: StorageHome;
beforeEach(() => {
  home = new StorageHome();
});
afterEach(() => home.remove());

async function commit(folder: string, ...changes: CatalogChange[]): Promise<void> {
  const catalog = await openWorkerCatalog({ folder, sync: 'normal', clock: systemClock() });
  await catalog.commit(changes);
  await catalog.close();
}

const SHOP = recordRow(newRecord('shop', 'shop', 0)).value;

/** A folder with one namespace's state, and a catalog that knows it. */
async function registered(mode: StoredMode): Promise<string> {
  const folder = home.newFolder();
  const owner = await stateForCommands.openOwner(home.settings(mode, folder));
  await owner.commit('shop', [{ put: { kind: 'meta', key: 'unknown', value: '{}' } }]);
  await owner.close();
  await commit(folder, record('shop', SHOP), append(1, { hash: 'first' }));
  return folder;
}

async function catalogOf(folder: string): Promise<unknown> {
  const reader = openCatalogReader(folder);
  try {
    return { rows: await rowsOf(reader), log: await reader.audit({}, 0, 100) };
  } finally {
    await reader.close();
  }
}

/** Beyond the first page there is an index or a table on each. */
function damage(folder: string): void {
  const path = catalogPath(folder);
  writeFileSync(path, readFileSync(path).fill(0xee, 4096 * 2, 4096 * 3));
}

describe.each(STORED_MODE_NAMES)('the catalog among what is stored, %s', (mode) => {
  it('is copied by a backup, also while it is open', async () => {
    const folder = await registered(mode);
    const catalog = await openWorkerCatalog({ folder, sync: 'normal', clock: systemClock() });
    await catalog.commit([record('late'), append(2)]);
    const copy = home.newFolder();
    await home.done(mode, folder, ['storage', 'backup', copy]);
    await catalog.close();
    expect(await catalogOf(copy)).toEqual(await catalogOf(folder));
  });

  it('is checked, and repaired', async () => {
    const folder = await registered(mode);
    expect(await home.done(mode, folder, ['storage', 'check'])).toContain('Read 1 namespaces');
    damage(folder);
    const check = await home.run(mode, folder, ['storage', 'check', '--json']);
    expect(check.exitCode).toBe(1);
    expect(JSON.parse(check.stdout).files).toEqual([
      { path: catalogPath(folder), problems: expect.any(Array), newer: false },
    ]);
    const refused = await home.run(mode, folder, ['storage', 'backup', home.newFolder()]);
    expect(refused.stderr).toContain('is damaged');
    const report = JSON.parse(await home.done(mode, folder, ['storage', 'repair', '--json']));
    expect(report.files).toEqual([
      {
        path: catalogPath(folder),
        set_aside: [expect.stringContaining('.damaged-')],
        rows_kept: expect.any(Number),
      },
    ]);
    expect(await home.done(mode, folder, ['storage', 'check'])).toContain('Read 1 namespaces');
  });

  it('has records that cannot be read, which a check tells', async () => {
    const folder = await registered(mode);
    expect(JSON.parse(await home.done(mode, folder, ['storage', 'check', '--json']))).toMatchObject({
      whole: true,
      catalog: [],
    });
    await commit(folder, record('shop', '{bad'));
    const { exitCode, stdout, stderr } = await home.run(mode, folder, ['storage', 'check']);
    expect(exitCode).toBe(1);
    expect(stdout).toContain(
      'The record of namespace "shop" cannot be read: it is no JSON; it counts as suspended',
    );
    expect(stderr).toContain('put back a backup');
  });

  it('is compacted', async () => {
    const folder = await registered(mode);
    await commit(folder, record('big', 'x'.repeat(500_000)));
    await commit(folder, { remove: { kind: 'namespace', key: 'big' } });
    expect(statSync(catalogPath(folder)).size).toBeGreaterThan(500_000);
    await home.done(mode, folder, ['storage', 'compact']);
    expect(statSync(catalogPath(folder)).size).toBeLessThan(100_000);
  });

  it('stays where it is when the state changes its mode', async () => {
    const folder = await registered(mode);
    const before = await catalogOf(folder);
    const to = mode === 'json' ? 'sqlite' : 'json';
    const argv = ['storage', 'migrate', '--from', mode, '--to', to, '--json'];
    const report = JSON.parse(await home.done(mode, folder, argv));
    expect(report).toMatchObject({ catalog: 'same folder', namespaces: [{ namespace: 'shop' }] });
    expect(await catalogOf(folder)).toEqual(before);
  });
});

describe('migrating to another folder', () => {
  const argv = (to: string, ...more: string[]) => [
    'storage',
    'migrate',
    '--from',
    'sqlite',
    '--to',
    'json',
    '--to-dir',
    to,
    '--json',
    ...more,
  ];
  const migrated = async (folder: string, to: string, ...more: string[]) =>
    JSON.parse(await home.done('sqlite', folder, argv(to, ...more))).catalog;

  it('takes the catalog along, once', async () => {
    const folder = await registered('sqlite');
    const to = home.newFolder();
    expect(await migrated(folder, to)).toBe('carried');
    expect(await catalogOf(to)).toEqual(await catalogOf(folder));
    expect(await migrated(folder, to)).toBe('carried');
  });

  it('leaves one of another history, unless it is told', async () => {
    const folder = await registered('sqlite');
    const to = home.newFolder();
    await migrated(folder, to);
    const catalog = await openWorkerCatalog({ folder: to, sync: 'normal', clock: systemClock() });
    await catalog.commit([record('newer'), append(2)]);
    // Its log is left beside it, as by a process that was killed.
    const left = ['', '-wal'].map((suffix) => catalogPath(to) + suffix);
    for (const path of left) cpSync(path, `${path}.kept`);
    await catalog.close();
    for (const path of left) cpSync(`${path}.kept`, path);
    for (const path of left) rmSync(`${path}.kept`);
    const theirs = await catalogOf(to);
    expect(await migrated(folder, to)).toBe('other');
    expect(await catalogOf(to)).toEqual(theirs);
    const said = await home.done(
      'sqlite',
      folder,
      argv(to).filter((word) => word !== '--json'),
    );
    expect(said).toContain('has a catalog of namespaces of its own');
    expect(await migrated(folder, to, '--force')).toBe('carried');
    expect(await catalogOf(to)).toEqual(await catalogOf(folder));
  });

  it('has none to take where there is none', async () => {
    const folder = await registered('sqlite');
    rmSync(join(folder, 'neuralcache-catalog.db'));
    const to = home.newFolder();
    expect(await migrated(folder, to)).toBe('none');
    expect(readdirSync(to).filter((name) => name.includes('catalog'))).toEqual([]);
  });
});
