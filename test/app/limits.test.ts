import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ServerProcess } from '../fixtures/server-process.js';
import { until } from './app-home.js';
import { DOCUMENTS } from './running-app.js';
import { STORAGE_MODE_NAMES, STORAGE_MODES } from './storage-modes.js';

/** Limits of a process that runs can be changed on Linux alone. */
const canLimit = process.platform === 'linux' && succeeds(() => execFileSync('prlimit', ['--version']));

let folder: string;
let server: ServerProcess;
let url: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'neuralcache-limits-'));
});
afterEach(async () => {
  await server.kill();
  rmSync(folder, { recursive: true, force: true });
});

function succeeds(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

function limit(name: 'fsize' | 'nofile', value: string): void {
  execFileSync('prlimit', ['--pid', String(server.pid), `--${name}=${value}:`]);
}

/** Answers status and body. Requests follow each other on one connection, so none needs a new one. */
async function ask(path: string, body?: object): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url + path, {
    ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
    headers: { 'Content-Type': 'application/json' },
  });
  return { status: response.status, body: await response.json() };
}

async function rank(namespace: string): Promise<string> {
  const body = { query: 'boats on the water', documents: DOCUMENTS, top_k: 5 };
  const answer = await ask(`/ns/${namespace}/rerank`, body);
  expect(answer.status).toBe(200);
  return (answer.body as { meta: { request_id: string } }).meta.request_id;
}

async function feedback(namespace: string): Promise<number> {
  const request_id = await rank(namespace);
  return (await ask(`/ns/${namespace}/feedback`, { request_id, selected_ids: ['d3'] })).status;
}

async function isReady(): Promise<boolean> {
  return ((await ask('/readyz')).body as { status: string }).status === 'ok';
}

describe.runIf(canLimit).each(STORAGE_MODE_NAMES)('a server that keeps state as %s', (mode) => {
  beforeEach(async () => {
    server = new ServerProcess(
      { ...STORAGE_MODES[mode], STORAGE_DIR: folder, STORAGE_FLUSH_INTERVAL_MS: '50', LOG_LEVEL: 'fatal' },
      folder,
    );
    url = await server.url;
    expect(await feedback('a')).toBe(200);
    expect(await feedback('b')).toBe(200);
  });

  it('ranks while no file can grow, refuses feedback, and recovers by itself', async () => {
    limit('fsize', '0');
    expect(await feedback('a')).toBe(503);
    expect(await feedback('new')).toBe(503);
    expect(await isReady()).toBe(false);
    limit('fsize', 'unlimited');
    await until('it has recovered', async () => (await feedback('a')) === 200 && (await isReady()));
    await until('others have as well', async () => (await feedback('new')) === 200);
    expect(readdirSync(folder).filter((name) => name.includes('damaged'))).toEqual([]);
    await server.stop();
  });

  it('ranks while it is out of file descriptors, and recovers by itself', async () => {
    const open = readdirSync(`/proc/${server.pid}/fd`).length;
    limit('nofile', String(open));
    for (const namespace of ['a', 'b', 'c', 'd', 'e'])
      expect([200, 503]).toContain(await feedback(namespace));
    limit('nofile', '4096');
    for (const namespace of ['a', 'b', 'c', 'd', 'e'])
      await until(`${namespace} has recovered`, async () => (await feedback(namespace)) === 200);
    await until('it is ready', isReady);
    expect(readdirSync(folder).filter((name) => name.includes('damaged'))).toEqual([]);
    await server.stop();
  });
});
