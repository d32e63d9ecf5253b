import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ServerProcess } from '../fixtures/server-process.js';
import { AppHome } from './app-home.js';
import { DURABLE_MODES } from './stored.js';

const QUERY = 'boats on the water';

let home: AppHome;
beforeEach(() => {
  home = new AppHome();
});
afterEach(() => home.remove());

describe('a folder that has an owner', () => {
  it('is refused to a second process, which names the first and changes nothing', async () => {
    const owner = await home.start();
    await owner.teach('a', QUERY, ['d9'], 3);
    const rows = home.dump();
    const second = new ServerProcess({ STORAGE_DIR: home.folder }, home.folder);
    expect((await second.ended).code).toBe(1);
    expect(second.errorOutput).toContain(`${home.folder} is owned by process ${process.pid}`);
    expect(home.dump()).toEqual(rows);
    expect((await owner.rank('a', QUERY)).ids[0]).toBe('d9');
  });

  it('holds no file that another user could read', async () => {
    const server = new ServerProcess({ STORAGE_DIR: home.folder }, home.folder);
    await server.url;
    await server.stop();
    const names = readdirSync(home.folder).filter((name) => statSync(join(home.folder, name)).isFile());
    expect(names).toContain('neuralcache.db');
    for (const name of names) expect(statSync(join(home.folder, name)).mode & 0o077).toBe(0);
  });

  it('is free again once its owner has stopped, or could not start', async () => {
    const owner = await home.start();
    await expect(home.start()).rejects.toMatchObject({ failure: 'locked' });
    await owner.stop();
    writeFileSync(join(home.folder, 'hash.key'), 'cut off');
    await expect(home.start()).rejects.toMatchObject({ failure: 'damaged' });
    rmSync(join(home.folder, 'hash.key'));
    const next = await home.start();
    expect((await next.rank('a', QUERY)).ids).toHaveLength(12);
  });
});

describe('a database that this version cannot use', () => {
  it('of a newer format stops the start and stays as it is', async () => {
    const app = await home.start();
    await app.teach('a', QUERY, ['d9'], 2);
    await app.stop();
    home.inDatabase((database) => database.pragma('user_version = 99'));
    const before = readFileSync(home.database);
    await expect(home.start()).rejects.toMatchObject({
      failure: 'newer',
      message: expect.stringContaining('format 99'),
    });
    expect(readFileSync(home.database).equals(before)).toBe(true);
    expect(readdirSync(home.folder)).toEqual(
      expect.not.arrayContaining([expect.stringContaining('damaged')]),
    );
  });

  it('garbled is set aside whole and said to be; the program starts anew and learns', async () => {
    const first = await home.start();
    const base = await first.look('a', QUERY);
    await first.teach('a', QUERY, ['d9'], 3);
    await first.stop();
    const garbage = Buffer.alloc(40_000, 7);
    writeFileSync(home.database, garbage);

    const app = await home.start();
    expect(await app.look('a', QUERY)).toEqual(base);
    const aside = readdirSync(home.folder).filter((name) => name.includes('.damaged-'));
    expect(aside).toHaveLength(1);
    expect(readFileSync(join(home.folder, aside[0]!)).equals(garbage)).toBe(true);
    expect((await app.metrics()).get('neuralcache_storage_quarantined_total')).toBe(1);
    const said = app.logged.find(({ newFile }) => newFile !== undefined);
    expect(said).toMatchObject({
      level: 'error',
      file: home.database,
      keptRows: 0,
      msg: expect.stringContaining('state starts empty'),
    });
    expect(basename(said?.newFile as string)).toBe(aside[0]);
    await app.teach('a', QUERY, ['d4'], 4);
    expect((await app.rank('a', QUERY)).ids[0]).toBe('d4');
  });

  it('with single rows that cannot be read loses those alone', async () => {
    const first = await home.start();
    await first.teach('a', QUERY, ['d9'], 4);
    await first.teach('b', QUERY, ['d8'], 4);
    await first.stop();
    home.inDatabase((database) =>
      database.exec(`UPDATE rows SET value = '{"format":' WHERE namespace = 'a' AND kind = 'cell'`),
    );
    const app = await home.start();
    expect((await app.rank('a', QUERY)).body.meta).toMatchObject({ adapted: false, degraded: false });
    expect((await app.rank('b', QUERY)).ids[0]).toBe('d8');
    expect((await app.metrics()).get('neuralcache_storage_quarantined_total')).toBeGreaterThanOrEqual(1);
    await app.teach('a', QUERY, ['d4'], 4);
    expect((await app.rank('a', QUERY)).ids[0]).toBe('d4');
  });
});

describe.runIf(existsSync('/proc/self'))('a folder that the system never makes', () => {
  it.each(DURABLE_MODES)(
    'is a disk that fails, not an endless start: $mode',
    async ({ settings }) => {
      const server = new ServerProcess({ ...settings, STORAGE_DIR: '/proc/neuralcache' }, home.folder);
      try {
        const ready = await fetch(`${await server.url}/readyz`);
        const { status, checks } = (await ready.json()) as { status: string; checks: { storage: object } };
        expect(status).toBe('degraded');
        expect(checks.storage).toMatchObject({ detail: expect.stringContaining('the disk failed: /proc/') });
        await server.stop();
      } finally {
        await server.kill();
      }
    },
    60_000,
  );
});
