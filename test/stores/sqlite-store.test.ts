import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';

import BetterSqlite3 from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock, systemClock } from '../../src/base/clock.js';
import { workerLocation } from '../../src/stores/engine-worker-data.js';
import { LOCK_FILE } from '../../src/stores/lock.js';
import { type Change, StorageError } from '../../src/stores/store.js';
import { openWorkerStore, WorkerStore, type WorkerStoreOptions } from '../../src/stores/worker-store.js';
import { makeFolder } from './sqlite-harness.js';

let home: ReturnType<typeof makeFolder>;
const stores: WorkerStore[] = [];

beforeEach(() => {
  home = makeFolder();
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  home.remove();
});

/** The shared database of this test's folder. */
function shared(more: { maxPages?: number } = {}): WorkerStoreOptions {
  return {
    files: { driver: 'sqlite', path: home.path, ...more },
    folder: home.folder,
    sync: 'normal',
    clock: systemClock(),
  };
}

async function open(options: Partial<WorkerStoreOptions> = {}): Promise<WorkerStore> {
  const store = await openWorkerStore({ ...shared(), ...options });
  stores.push(store);
  return store;
}

function put(key: string, value = '1'): Change[] {
  return [{ put: { kind: 'cell', key, value } }];
}

function failureOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'none',
    (cause: StorageError) => cause.failure,
  );
}

describe('the store in its worker', () => {
  it('owns its folder: a second one is refused by name, until the first is closed', async () => {
    const first = await open();
    const refusal = await openWorkerStore(shared()).catch((cause: unknown) => cause);
    expect(refusal).toBeInstanceOf(StorageError);
    expect(refusal).toMatchObject({
      failure: 'locked',
      message: `${home.folder} is owned by process ${process.pid}`,
    });
    await first.close();
    expect(readdirSync(home.folder).sort()).toEqual([LOCK_FILE, basename(home.path)].sort());
    const second = await open();
    await second.commit('a', put('k'));
  });

  it('refuses the start over a newer database', async () => {
    await (await open()).close();
    const newer = new BetterSqlite3(home.path);
    newer.pragma('user_version = 99');
    newer.close();
    expect(await failureOf(openWorkerStore(shared()))).toBe('newer');
  });

  it('tells of a damaged database and goes on without it', async () => {
    writeFileSync(home.path, 'garbage');
    const seen: (string | null)[][] = [];
    const store = await open({ events: { quarantined: (_, path, newPath) => seen.push([path, newPath]) } });
    await store.commit('a', put('k'));
    expect(seen).toHaveLength(1);
    expect(store.health()).toEqual({ status: 'ok', quarantined: 1 });
    expect(seen[0]![0]).toBe(home.path);
    expect(readFileSync(seen[0]![1]!, 'utf8')).toBe('garbage');
  });

  it('is degraded while the disk is full, and well again after the next write', async () => {
    const store = await open(shared({ maxPages: 30 }));
    expect(await failureOf(store.commit('a', put('big', 'x'.repeat(500_000))))).toBe('full');
    expect(store.health()).toMatchObject({
      status: 'degraded',
      detail: expect.stringContaining('the disk is full'),
    });
    await store.load('a');
    expect(store.health().status).toBe('degraded');
    await store.sweep(0, 10);
    expect(store.health()).toEqual({ status: 'ok' });
    expect(await store.load('a')).toEqual([]);
  });

  it('takes its lock and its rows back when its worker died', async () => {
    const clock = new ManualClock();
    const store = await open({ clock });
    await store.commit('a', put('k'));
    const { worker } = (store as unknown as { channel: { worker: { terminate(): Promise<number> } } })
      .channel;
    const under = store.commit('a', put('lost or not'));
    await Promise.all([worker.terminate(), failureOf(under)]);
    expect(await failureOf(store.load('a'))).toBe('io');
    expect(store.health().status).toBe('degraded');
    clock.advance(500);
    expect((await store.load('a')).map((row) => row.key)).toContain('k');
    await store.commit('a', put('new'));
    expect(store.health()).toEqual({ status: 'ok' });
  });

  it('has every acknowledged commit after kill -9', async () => {
    const module = new URL('../../dist/stores/worker-store.js', import.meta.url);
    const script = `
      const { openWorkerStore } = await import(${JSON.stringify(module.href)});
      const [, path, folder] = process.argv;
      const store = await openWorkerStore({
        files: { driver: 'sqlite', path },
        folder,
        sync: 'normal',
        clock: { now: () => 0 },
      });
      for (let n = 0; ; n += 1) {
        await store.commit('a', [
          { put: { kind: 'cell', key: 'k' + n, value: '1' } },
          { put: { kind: 'meta', key: 'count', value: String(n + 1) } },
        ]);
        process.stdout.write(n + '\\n');
      }`;
    for (let round = 0; round < 3; round += 1) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script, home.path, home.folder]);
      let output = '';
      for await (const chunk of child.stdout) {
        output += chunk;
        if (output.length > 200 * (round + 1)) break;
      }
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      const acknowledged = Number(
        output
          .trimEnd()
          .split('\n')
          .at(output.endsWith('\n') ? -1 : -2),
      );
      expect(acknowledged).toBeGreaterThan(10);

      const store = await open();
      const rows = await store.load('a');
      const cells = new Set(rows.filter((row) => row.kind === 'cell').map((row) => row.key));
      for (let n = 0; n <= acknowledged; n += 1) expect(cells.has(`k${n}`)).toBe(true);
      // All or nothing: the count agrees with the rows of the same commits.
      expect(rows.find((row) => row.kind === 'meta')?.value).toBe(String(cells.size));
      await store.drop('a');
      await store.close();
      const database = new BetterSqlite3(home.path, { readonly: true });
      expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
      database.close();
    }
  });
});

it('closes even if the channel cannot say so', async () => {
  let stopped = 0;
  const store = new WorkerStore('sqlite', {
    post: async () => {
      throw new StorageError('io', 'the store worker stopped');
    },
    stop: async () => {
      stopped += 1;
    },
  });
  await store.close();
  await store.close();
  expect(stopped).toBe(1);
  expect(await failureOf(store.load('a'))).toBe('closed');
});

it('runs the compiled worker, from wherever it is asked', () => {
  expect(workerLocation('file:///app/dist/stores/x.js').href).toBe(
    'file:///app/dist/stores/engine-worker.js',
  );
  expect(workerLocation('file:///app/src/stores/x.ts').href).toBe('file:///app/dist/stores/engine-worker.js');
});
