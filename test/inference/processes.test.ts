import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.js';
import { InferencePool, type PoolOptions } from '../../src/inference/pool.js';
import { SPEC } from '../fixtures/fake-model-workers.js';
import { tether } from '../fixtures/server-process.js';

const location = new URL('../fixtures/scripted-worker.mjs', import.meta.url);
let pool: InferencePool | undefined;
let replaced: string[];

async function open(options: Partial<PoolOptions> = {}): Promise<InferencePool> {
  replaced = [];
  pool = new InferencePool({
    location,
    workers: 2,
    maxQueueInputs: 1000,
    memoryBytes: 2 ** 40,
    loadTimeoutMs: 20_000,
    runTimeoutMs: 20_000,
    clock: systemClock(),
    events: { workerReplaced: (reason) => replaced.push(reason) },
    ...options,
  });
  await pool.load(SPEC);
  return pool;
}

afterEach(async () => {
  await pool?.close();
  pool = undefined;
});

const submit = (texts: readonly string[]) =>
  pool!.submit(
    SPEC.id,
    texts.map((text) => ({ text })),
    { namespace: 'a' },
  );

describe('a pool of processes', () => {
  it('answers everything while its workers are killed again and again', async () => {
    await open();
    for (let round = 0; round < 10; round += 1) {
      const texts = Array.from({ length: 40 }, (_, index) => `text ${round} ${index}`);
      const results = submit(texts);
      const victims = pool!.status().workers.flatMap(({ pid }) => pid ?? []);
      // Where runs have begun, at once; else where they will.
      if (round % 2 === 0) await results[0];
      for (const pid of victims) process.kill(pid, 'SIGKILL');
      const lengths = (await Promise.all(results)).map(([length]) => length);
      expect(lengths).toEqual(texts.map(({ length }) => length));
    }
    expect(new Set(replaced)).toEqual(new Set(['killed']));
  });

  it('gives up the one text that ends its workers, and no other', async () => {
    await open({ workers: 1, minPauseMs: 1 });
    const ended = await Promise.allSettled(submit(['good', 'crash', 'fine', 'nan', 'kind']));
    const told = ended.map((one) => (one.status === 'fulfilled' ? 'done' : one.reason.failure));
    expect(told).toEqual(['done', 'failed', 'done', 'failed', 'done']);
    expect(replaced).toEqual(['crashed', 'crashed', 'crashed']);
  });

  it('replaces a worker that grew too large', async () => {
    await open({ workers: 1, memoryBytes: 180 * 2 ** 20 });
    const [grown] = await Promise.all(submit(['grow']));
    const [next] = await Promise.all(submit(['next']));
    expect(next![1]).not.toBe(grown![1]);
    expect(replaced).toEqual(['memory']);
    expect(pool!.status().workers[0]!.bytes).toBeLessThan(180 * 2 ** 20);
  });

  it('leaves no process behind when it is closed', async () => {
    await open();
    const pids = pool!.status().workers.map(({ pid }) => pid!);
    await pool!.close();
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});

describe('the workers of a process that is killed', () => {
  it('end with it, one whose run never ends too', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'neuralcache-test-'));
    const path = join(folder, 'lives');
    const lives: Promise<unknown>[] = [];
    const server = createServer((socket: Socket) => {
      socket.resume();
      socket.on('error', () => undefined);
      lives.push(once(socket, 'close'));
    });
    server.listen(path);
    await once(server, 'listening');
    const script = fileURLToPath(new URL('../fixtures/pool-process.mjs', import.meta.url));
    const parent = spawn(process.execPath, [script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    tether(parent);
    await once(parent.stdout, 'data');
    parent.kill('SIGKILL');
    while (lives.length < 2) await once(server, 'connection');
    await Promise.all(lives);
    server.close();
    rmSync(folder, { recursive: true });
  });
});
