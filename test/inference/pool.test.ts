import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/base/clock.js';
import type { ModelError } from '../../src/base/model-call.js';
import { InferencePool, type PoolOptions } from '../../src/inference/pool.js';
import { FACTS, FakeWorkers, SPEC, settled } from '../fixtures/fake-model-workers.js';

let workers: FakeWorkers;
let pool: InferencePool;
let events: string[];
const clock = new ManualClock();

/** A pool that has loaded `SPEC`. */
async function open(options: Partial<PoolOptions> = {}): Promise<void> {
  create(options);
  await pool.load(SPEC);
  await settled();
}

function create(options: Partial<PoolOptions> = {}): void {
  workers = new FakeWorkers();
  events = [];
  pool = new InferencePool({
    workers: 1,
    maxQueueInputs: 100,
    memoryBytes: 1_000_000,
    loadTimeoutMs: 1000,
    runTimeoutMs: 1000,
    minPauseMs: 1,
    maxPauseMs: 1,
    closeTimeoutMs: 1,
    clock,
    events: {
      inputEnded: (outcome) => events.push(outcome),
      batchRun: (seconds) => events.push(`run ${seconds}`),
      workerReplaced: (reason) => events.push(`replaced ${reason}`),
    },
    startWorker: workers.start,
    ...options,
  });
}

afterEach(() => pool.close());

type Ended = string | readonly number[];

/** Submits texts; answers how each ended: its vector, or the failure. */
function submit(
  texts: readonly string[],
  { namespace = 'a', signal }: { namespace?: string; signal?: AbortSignal } = {},
): Promise<Ended[]> {
  const inputs = texts.map((text) => ({ text }));
  const results = pool.submit(SPEC.id, inputs, { namespace, signal });
  return Promise.all(
    results.map((result) =>
      result.then(
        (vector) => [...vector],
        ({ failure }: ModelError) => failure,
      ),
    ),
  );
}

describe('a pool', () => {
  it('gives each input its result, in order', async () => {
    await open();
    const ended = submit(['one', 'three', 'a longer text than the others, in a batch of its own']);
    await settled();
    clock.advance(250);
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

describe('a worker that is lost', () => {
  it.each(['crashed', 'killed', 'hung'] as const)('costs its batch one try: %s', async (reason) => {
    await open();
    const ended = submit(['one', 'two']);
    await settled();
    await workers.started[0]!.lose(reason);
    void submit(['later']);
    await settled();
    expect(workers.running).toEqual([['one', 'two']]);
    expect(workers.runs[0]!.worker.pid).toBe(2);
    await workers.runs[0]!.finish();
    expect(await ended).toEqual([[3], [3]]);
    expect(events).toEqual([`replaced ${reason}`, 'run 0', 'done', 'done']);
  });

  it('leaves the other workers at work', async () => {
    await open({ workers: 2 });
    void submit(['one', 'two']);
    await settled();
    const [lost, other] = workers.runs;
    await lost!.worker.lose();
    expect(other!.worker.isStopped).toBe(false);
    expect(lost!.worker.isStopped).toBe(true);
    expect(
      pool
        .status()
        .workers.map(({ pid }) => pid)
        .toSorted(),
    ).toEqual([other!.worker.pid, 3]);
  });

  it('gives its batch to one that is idle at once', async () => {
    await open({ workers: 2 });
    void submit(['one']);
    await settled();
    const [run] = workers.runs;
    await run!.worker.lose();
    expect(workers.running).toEqual([['one']]);
    expect([1, 2]).toContain(workers.runs[0]!.worker.pid);
  });

  it('when lost for the second time gives each input a last try alone, so that one cannot take others along', async () => {
    await open();
    const ended = submit(['good', 'poison', 'fine']);
    for (let steps = 0; steps < 20 && pool.status().queued + workers.runs.length > 0; steps += 1) {
      await settled();
      const [run] = workers.runs;
      if (run?.texts.includes('poison')) await run.worker.lose();
      else await run?.finish();
      await untilRunning();
    }
    expect(await ended).toEqual([[4], 'failed', [4]]);
    expect(events.filter((event) => event === 'replaced crashed')).toHaveLength(3);
  });

  it('may be killed from outside again and again: nothing fails', async () => {
    await open();
    const ended = submit(['one', 'two']);
    for (let kills = 0; kills < 7; kills += 1) {
      await untilRunning();
      await workers.runs[0]!.worker.lose('killed');
    }
    for (let runs = 0; runs < 2; runs += 1) {
      await untilRunning();
      await workers.runs[0]!.finish();
    }
    expect(await ended).toEqual([[3], [3]]);
  });

  it('shows in the status until its follower has done something', async () => {
    await open();
    await workers.started[0]!.lose();
    expect(pool.status().workers[0]).toEqual({
      pid: 2,
      state: 'idle',
      bytes: 1000,
      problem: 'an inference worker was lost (crashed)',
    });
    const ended = submit(['x']);
    await settled();
    await workers.runs[0]!.finish();
    await ended;
    expect(pool.status().workers[0]).toEqual({ pid: 2, state: 'idle', bytes: 1000 });
  });
});

/** Until a worker has begun a run: pauses between starts are a millisecond. */
async function untilRunning(): Promise<void> {
  while (workers.runs.length === 0 && pool.status().queued > 0) await settled();
}

describe('a run that throws', () => {
  it('is tried again text by text', async () => {
    await open();
    const ended = submit(['good', 'bad']);
    await settled();
    await workers.runs[0]!.throw();
    expect(workers.running).toEqual([['good']]);
    await workers.runs[0]!.finish();
    expect(workers.running).toEqual([['bad']]);
    await workers.runs[0]!.throw();
    expect(await ended).toEqual([[4], 'failed']);
    expect(workers.started).toHaveLength(1);
  });
});

describe('workers that no longer come up', () => {
  it('keep nobody waiting, are started again and again, and then go on', async () => {
    await open();
    let isBroken = true;
    workers.onLoad = () => {
      if (isBroken) throw new Error('some/model/onnx/model.onnx is damaged');
      return FACTS;
    };
    const ended = submit(['x']);
    await settled();
    await workers.started[0]!.lose();
    expect(await ended).toEqual(['failed']);
    expect(await submit(['y'])).toEqual(['failed']);
    expect(pool.status().workers[0]).toMatchObject({
      state: 'starting',
      problem: 'some/model/onnx/model.onnx is damaged',
    });
    expect(events.filter((event) => event === 'replaced unloadable').length).toBeGreaterThanOrEqual(4);
    isBroken = false;
    while (pool.status().workers[0]!.state !== 'idle') await settled();
    const now = submit(['y']);
    await settled();
    await workers.runs[0]!.finish();
    expect(await now).toEqual([[1]]);
  });
});

describe('a worker with too much memory', () => {
  it('is replaced after its batch, which is not lost', async () => {
    await open();
    const ended = submit(['x']);
    await settled();
    workers.started[0]!.bytes = 1_000_001;
    await workers.runs[0]!.finish();
    expect(await ended).toEqual([[1]]);
    expect(workers.started.map(({ isStopped }) => isStopped)).toEqual([true, false]);
    expect(events).toEqual(['run 0', 'done', 'replaced memory']);
    expect(pool.status().workers[0]).toEqual({ pid: 2, state: 'idle', bytes: 1000 });
  });
});

describe('a silent worker', () => {
  it('is asked whether it lives, and replaced if it does not', async () => {
    await open({ pingAfterMs: 1 });
    const [worker] = workers.started;
    while (worker!.pings === 0) await settled();
    await worker!.lose('hung');
    expect(workers.started).toHaveLength(2);
    expect(events).toEqual(['replaced hung']);
  });
});

describe('loading', () => {
  it('waits for every worker', async () => {
    create({ workers: 3 });
    expect(await pool.load(SPEC)).toEqual(FACTS);
    expect(workers.started).toHaveLength(3);
    const other = { ...SPEC, id: 'other', folder: 'other/model' };
    const loaded: string[] = [];
    workers.onLoad = ({ id }) => {
      loaded.push(id);
      return FACTS;
    };
    await pool.load(other);
    expect(loaded).toEqual(['other', 'other', 'other']);
    await workers.started[0]!.lose();
    expect(loaded).toEqual(['other', 'other', 'other', 'model', 'other']);
  });

  it('rejects with what the worker says, if one of them cannot', async () => {
    create({ workers: 2 });
    workers.onLoad = (_spec, { pid }) => {
      if (pid === 2) throw new Error('some/model has no tokenizer.json');
      return FACTS;
    };
    await expect(pool.load(SPEC)).rejects.toThrow('some/model has no tokenizer.json');
    expect(pool.status().models).toEqual([]);
  });

  it('rejects if a worker is lost meanwhile, and can be tried again', async () => {
    create();
    workers.onLoad = (_spec, worker) => {
      void worker.lose();
      throw worker.loss;
    };
    await expect(pool.load(SPEC)).rejects.toThrow(
      'cannot load the model in some/model: an inference worker was lost (crashed)',
    );
    await settled();
    workers.onLoad = () => FACTS;
    expect(await pool.load(SPEC)).toEqual(FACTS);
  });

  it('rejects where the model takes more memory than a worker may have', async () => {
    create({ memoryBytes: 999 });
    await expect(pool.load(SPEC)).rejects.toThrow(
      'cannot load the model in some/model: a worker with it has 1 MiB, more than the 1 MiB it may have',
    );
  });
});

describe('closing', () => {
  it('rejects what waits, lets runs end, ends the workers, and takes nothing more', async () => {
    await open({ closeTimeoutMs: 60_000 });
    const running = submit(['running']);
    await settled();
    const waiting = submit(['waiting']);
    const closed = pool.close();
    expect(await waiting).toEqual(['closed']);
    expect(await submit(['more'])).toEqual(['closed']);
    expect(workers.started[0]!.isStopped).toBe(false);
    await workers.runs[0]!.finish();
    expect(await running).toEqual([[7]]);
    await closed;
    expect(workers.started[0]!.isStopped).toBe(true);
    expect(pool.status().workers[0]!.state).toBe('closed');
    await expect(pool.load(SPEC)).rejects.toThrow('closed');
    await pool.close();
  });

  it('ends runs that take too long by force', async () => {
    await open();
    const running = submit(['running']);
    await settled();
    await pool.close();
    expect(await running).toEqual(['closed']);
    expect(workers.started).toHaveLength(1);
  });

  it('does not wait for a pause between starts', async () => {
    await open({ minPauseMs: 3_600_000, maxPauseMs: 3_600_000, closeTimeoutMs: 3_600_000 });
    await workers.started[0]!.lose();
    await workers.started[1]!.lose();
    await pool.close();
    expect(workers.started).toHaveLength(2);
  });
});
