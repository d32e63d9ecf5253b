import { afterEach, describe, expect, it } from 'vitest';
import type { InferencePool, PoolOptions } from '../../src/inference/pool.js';
import { type FakeWorkers, SPEC, settled } from '../fixtures/fake-model-workers.js';
import { FakePool } from './fake-pool.js';

let home: FakePool;
let workers: FakeWorkers;
let pool: InferencePool;
let events: string[];

async function open(options: Partial<PoolOptions> = {}): Promise<void> {
  use(await FakePool.open(options));
}

function use(made: FakePool): void {
  home = made;
  ({ workers, pool, events } = home);
}

const submit: FakePool['submit'] = (...all) => home.submit(...all);

afterEach(() => pool.close());

describe('a pool', () => {
  it('gives each input its result, in order', async () => {
    await open();
    const ended = submit(['one', 'three', 'a longer text than the others, in a batch of its own']);
    await settled();
    home.clock.advance(250);
    while (workers.runs.length > 0) await workers.runs[0]!.finish();
    expect(await ended).toEqual([[3], [5], [52]]);
    expect(events).toEqual(['run 0.25', 'done', 'done', 'run 0', 'done']);
  });

  it('spreads what waits over its workers', async () => {
    await open({ workers: 2 });
    const ended = submit(['a1', 'a2', 'a3', 'a4']);
    await settled();
    // Half of four, then half of what is left.
    expect(workers.running).toEqual([['a1', 'a2'], ['a3']]);
    while (workers.runs.length > 0) await workers.runs[0]!.finish();
    expect(await ended).toEqual([[2], [2], [2], [2]]);
  });

  it('fails the one input that the model cannot compute, and says why', async () => {
    await open();
    const [bad, good, odd] = pool.submit(SPEC.id, [{ text: 'b' }, { text: 'g' }, { text: 'o' }], {
      namespace: 'a',
    });
    await settled();
    await workers.runs[0]!.finish([
      { failure: 'the vector is not finite' },
      Float32Array.of(1),
      new Float32Array(2),
    ]);
    await expect(bad).rejects.toMatchObject({ failure: 'failed', message: 'the vector is not finite' });
    expect(await good).toEqual(Float32Array.of(1));
    await expect(odd).rejects.toMatchObject({
      failure: 'failed',
      message: 'the model gave 2 numbers, not 1',
    });
  });

  it('does not know a model that was never loaded', async () => {
    await open();
    expect(() => pool.submit('other', [{ text: 'x' }], { namespace: 'a' })).toThrow('no model other');
  });

  it('tells what it has', async () => {
    await open({ workers: 2 });
    void submit(['a', 'b', 'c', 'd', 'a longer text that waits']);
    await settled();
    expect(pool.status()).toEqual({
      workers: [
        { pid: 1, state: 'running', bytes: 1000 },
        { pid: 2, state: 'running', bytes: 1000 },
      ],
      models: [{ id: 'model', file: 'onnx/model.onnx', dimension: 1 }],
      queued: 1,
    });
  });
});

describe('the same input', () => {
  it('is computed once for all who wait for it, and each gets a vector of their own', async () => {
    await open();
    const call = { namespace: 'a' };
    const [first] = pool.submit(SPEC.id, [{ text: 'same' }], call);
    const [again] = pool.submit(SPEC.id, [{ text: 'same' }], call);
    await settled();
    const [late] = pool.submit(SPEC.id, [{ text: 'same' }], call);
    await settled();
    expect(workers.running).toEqual([['same']]);
    await workers.runs[0]!.finish();
    const vectors = await Promise.all([first!, again!, late!]);
    expect(vectors).toEqual([Float32Array.of(4), Float32Array.of(4), Float32Array.of(4)]);
    expect(new Set(vectors.map(({ buffer }) => buffer)).size).toBe(3);
    expect(events).toEqual(['run 0', 'done', 'joined', 'joined']);
    void submit(['same']);
    await settled();
    expect(workers.running).toEqual([['same']]);
  });

  it('is computed for each namespace by itself', async () => {
    await open();
    void submit(['same']);
    void submit(['same'], { namespace: 'b' });
    await settled();
    expect(workers.running).toEqual([['same', 'same']]);
  });

  it('is another one with another query, wherever the query ends', async () => {
    await open();
    const pairs = [
      { query: 'a', text: 'bc' },
      { query: 'ab', text: 'c' },
      { query: 'a', text: 'bc' },
    ];
    pool.submit(SPEC.id, pairs, { namespace: 'a' });
    await settled();
    expect(workers.running).toEqual([['bc', 'c']]);
  });

  it('goes on for those who stay when one leaves', async () => {
    await open();
    const leaving = new AbortController();
    const left = submit(['same'], { signal: leaving.signal });
    const stayed = submit(['same']);
    leaving.abort();
    expect(await left).toEqual(['late']);
    await workers.runs[0]!.finish();
    expect(await stayed).toEqual([[4]]);
    expect(events).toEqual(['late', 'run 0', 'done']);
  });

  it('lets no more than a thousand wait for it', async () => {
    await open();
    const all = Array.from({ length: 1001 }, () => submit(['same']));
    expect(await all.at(-1)).toEqual(['overloaded']);
    await workers.runs[0]!.finish();
    expect(await all[999]).toEqual([[4]]);
  });
});

describe('what nobody waits for any more', () => {
  it('is never begun', async () => {
    await open();
    void submit(['running']);
    await settled();
    const leaving = new AbortController();
    const left = submit(['x', 'y'], { signal: leaving.signal });
    const stayed = submit(['z']);
    expect(pool.status().queued).toBe(3);
    leaving.abort();
    expect(await left).toEqual(['late', 'late']);
    expect(pool.status().queued).toBe(1);
    await workers.runs[0]!.finish();
    expect(workers.running).toEqual([['z']]);
    await workers.runs[0]!.finish();
    expect(await stayed).toEqual([[1]]);
  });

  it('does not even wait where the caller has left before', async () => {
    await open();
    expect(await submit(['x'], { signal: AbortSignal.abort() })).toEqual(['late']);
    await settled();
    expect(workers.running).toEqual([]);
  });

  it('is not tried again', async () => {
    await open();
    const leaving = new AbortController();
    const left = submit(['x'], { signal: leaving.signal });
    await settled();
    leaving.abort();
    expect(await left).toEqual(['late']);
    await workers.started[0]!.lose();
    expect(workers.started).toHaveLength(2);
    expect(workers.running).toEqual([]);
    // And it is not mistaken for one that is still under way.
    const again = submit(['x']);
    await settled();
    await workers.runs[0]!.finish();
    expect(await again).toEqual([[1]]);
  });

  it('leaves nothing on the caller’s signal', async () => {
    await open();
    const leaving = new AbortController();
    const added: string[] = [];
    const { signal } = leaving;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...all: Parameters<typeof addEventListener>) => {
      added.push('added');
      addEventListener.apply(signal, all);
    };
    signal.removeEventListener = (...all: Parameters<typeof removeEventListener>) => {
      added.push('removed');
      removeEventListener.apply(signal, all);
    };
    const ended = submit(['x', 'y', 'z'], { signal });
    await settled();
    await workers.runs[0]!.finish();
    await ended;
    expect(added).toEqual(['added', 'removed']);
  });
});

describe('a full queue', () => {
  it('refuses what is too much, and no other namespace', async () => {
    await open({ maxQueueInputs: 4 });
    const flood = submit(['a1', 'a2', 'a3']);
    const other = submit(['b1'], { namespace: 'b' });
    await settled();
    while (workers.runs.length > 0) await workers.runs[0]!.finish();
    expect(await flood).toEqual([[2], [2], 'overloaded']);
    expect(await other).toEqual([[2]]);
    expect(events.toSorted()).toEqual(['done', 'done', 'done', 'overloaded', 'run 0']);
  });
});
