import { getPriority } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import type { WorkerLost } from '../../src/inference/model-worker.js';
import { WorkerHandle, type WorkerOptions } from '../../src/inference/worker-handle.js';
import { SPEC } from '../fixtures/fake-model-workers.js';

const location = new URL('../fixtures/scripted-worker.mjs', import.meta.url);
let worker: WorkerHandle;
/** Resolves once the worker is lost. */
let lost: Promise<void>;

function start(options: Partial<WorkerOptions> = {}): void {
  lost = new Promise((resolve) => {
    const all = { location, loadTimeoutMs: 20_000, runTimeoutMs: 20_000, ...options };
    worker = new WorkerHandle(all, resolve);
  });
}

afterEach(() => worker.stop());

const run = (...texts: string[]) =>
  worker.run(
    SPEC.id,
    texts.map((text) => ({ text })),
  );

/** Reason and message of a call that is lost. */
async function lossOf(call: Promise<unknown>): Promise<[string, string]> {
  const { reason, message } = (await call.then(
    () => ({ reason: 'none', message: '' }),
    (error: unknown) => error,
  )) as WorkerLost;
  return [reason, message];
}

describe('a worker process', () => {
  it('loads, runs, answers pings and tells its memory', async () => {
    start();
    expect(worker.bytes).toBe(0);
    expect(await worker.load(SPEC)).toMatchObject({ dimension: 2, file: 'onnx/model.onnx' });
    expect(worker.bytes).toBeGreaterThan(2 ** 20);
    const [first, bad, last] = await run('four', 'nan', '\ud800 lone');
    expect(first).toEqual(Float32Array.of(4, worker.pid!));
    expect(bad).toEqual({ failure: 'not finite' });
    expect(last).toEqual(Float32Array.of(6, worker.pid!));
    await worker.ping();
  });

  it('gives vectors that hold no more memory than their own', async () => {
    start();
    await worker.load(SPEC);
    const [vector] = (await run('a', 'b')) as Float32Array[];
    expect(vector!.buffer.byteLength).toBe(8);
  });

  it('says why it cannot load, and lives on', async () => {
    start();
    await expect(worker.load({ ...SPEC, folder: 'missing' })).rejects.toThrow(
      'missing/tokenizer.json is not there',
    );
    expect(worker.loss).toBeUndefined();
    await worker.load(SPEC);
  });

  it('sees nothing of our settings, secrets and flags, and has a lower priority', async () => {
    process.env.NEURALCACHE_API_TOKENS = 'secret';
    process.env.NODE_OPTIONS = '--no-warnings';
    start();
    const told = await worker
      .load({ ...SPEC, folder: 'surroundings' })
      .catch(({ message }: Error) => message);
    delete process.env.NEURALCACHE_API_TOKENS;
    delete process.env.NODE_OPTIONS;
    const { env, execArgv, priority } = JSON.parse(told as string);
    expect(Object.keys(env)).toContain('PATH');
    expect(told).not.toContain('secret');
    expect(env).not.toHaveProperty('NODE_OPTIONS');
    expect(execArgv).toEqual([]);
    expect(priority).toBe(Math.min(19, getPriority() + 10));
  });

  it('leaves it to its parent what a signal of the terminal means', async () => {
    start();
    await worker.load(SPEC);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(worker.pid!, signal);
    expect(await run('x')).toEqual([Float32Array.of(1, worker.pid!)]);
  });

  it('ends when it is asked to, after its run', async () => {
    start();
    await worker.load(SPEC);
    const running = run('wait');
    const { pid } = worker;
    const stopped = worker.stop();
    process.kill(pid!, 'SIGUSR2');
    expect(await running).toEqual([Float32Array.of(4, pid!)]);
    await stopped;
    expect(() => process.kill(pid!, 0)).toThrow('ESRCH');
  });

  it('is ended by force where it does not', async () => {
    start({ answerTimeoutMs: 10 });
    await worker.load(SPEC);
    const running = run('hang');
    running.catch(() => undefined);
    await worker.stop();
    expect((await lossOf(running))[0]).toBe('killed');
  });
});

describe('a worker that is lost', () => {
  it.each([
    ['crash', 'crashed', 'an inference worker ended with 3'],
    ['abort', 'crashed', 'an inference worker ended with SIGABRT'],
    ['kill', 'killed', 'an inference worker was ended by SIGKILL'],
  ])('rejects its run and says so: %s', async (text, reason, message) => {
    start();
    await worker.load(SPEC);
    expect(await lossOf(run('x', text))).toEqual([reason, message]);
    await lost;
    expect(worker.loss!.reason).toBe(reason);
    expect(await lossOf(run('x'))).toEqual([reason, message]);
  });

  it('while idle is told too', async () => {
    start();
    await worker.load(SPEC);
    process.kill(worker.pid!, 'SIGKILL');
    await lost;
    expect(worker.loss!.reason).toBe('killed');
  });

  it('because it hangs is ended by force', async () => {
    start({ runTimeoutMs: 50 });
    await worker.load(SPEC);
    const { pid } = worker;
    expect(await lossOf(run('hang'))).toEqual([
      'hung',
      'an inference worker did not answer within 50 ms (run)',
    ]);
    await worker.stop();
    expect(() => process.kill(pid!, 0)).toThrow('ESRCH');
  });

  it('because it does not answer a ping, being stopped', async () => {
    start({ answerTimeoutMs: 50 });
    await worker.load(SPEC);
    process.kill(worker.pid!, 'SIGSTOP');
    expect((await lossOf(worker.ping()))[0]).toBe('hung');
  });

  it('because loading takes forever', async () => {
    start({ loadTimeoutMs: 200 });
    expect((await lossOf(worker.load({ ...SPEC, folder: 'hang' })))[0]).toBe('hung');
  });

  it('at its start says what it wrote', async () => {
    start();
    expect(await lossOf(worker.load({ ...SPEC, folder: 'crash' }))).toEqual([
      'crashed',
      'an inference worker ended with 4: no such library',
    ]);
  });

  it('before its code could run says so', async () => {
    start({ location: new URL('./no-such-worker.mjs', import.meta.url) });
    const [reason, message] = await lossOf(worker.load(SPEC));
    expect(reason).toBe('crashed');
    expect(message).toContain('an inference worker ended with 1: ');
    expect(message).toContain('no-such-worker.mjs');
  });

  it('because there is no program to start', async () => {
    const { execPath } = process;
    process.execPath = '/no/such/node';
    start();
    process.execPath = execPath;
    const [reason, message] = await lossOf(worker.load(SPEC));
    expect(reason).toBe('crashed');
    expect(message).toContain('could not be started');
    expect(message).toContain('ENOENT');
    expect(worker.pid).toBeNull();
  });
});

describe('a run that throws', () => {
  it('says so without its message, which may hold text, and the worker lives on', async () => {
    start();
    await worker.load(SPEC);
    await expect(run('throw')).rejects.toThrow(/^RangeError$/);
    expect(await run('x')).toEqual([Float32Array.of(1, worker.pid!)]);
  });
});
