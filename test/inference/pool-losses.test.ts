import { afterEach, describe, expect, it } from 'vitest';
import type { InferencePool, PoolOptions } from '../../src/inference/pool.js';
import { FACTS, type FakeWorkers, SPEC, settled } from '../fixtures/fake-model-workers.js';
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
      await home.untilRunning();
    }
    expect(await ended).toEqual([[4], 'failed', [4]]);
    expect(events.filter((event) => event === 'replaced crashed')).toHaveLength(3);
  });

  it('may be killed from outside again and again: nothing fails', async () => {
    await open();
    const ended = submit(['one', 'two']);
    for (let kills = 0; kills < 7; kills += 1) {
      await home.untilRunning();
      await workers.runs[0]!.worker.lose('killed');
    }
    for (let runs = 0; runs < 2; runs += 1) {
      await home.untilRunning();
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
    const refused = submit(['y']);
    expect(pool.status().queued).toBe(0);
    expect(await refused).toEqual(['failed']);
    expect(pool.status().workers[0]).toMatchObject({
      state: 'starting',
      problem: 'some/model/onnx/model.onnx is damaged',
    });
    expect(events.filter((event) => event === 'replaced unloadable').length).toBeGreaterThanOrEqual(2);
    isBroken = false;
    while (pool.status().workers[0]!.state !== 'idle') await settled();
    const now = submit(['y']);
    await settled();
    await workers.runs[0]!.finish();
    expect(await now).toEqual([[1]]);
  });
});

describe('a worker whose model is another one than before', () => {
  it('takes no text, and says what was found', async () => {
    await open();
    workers.onLoad = () => ({ ...FACTS, file: 'onnx/model_int8.onnx' });
    const ended = submit(['x']);
    await settled();
    await workers.started[0]!.lose();
    expect(await ended).toEqual(['failed']);
    expect(workers.runs).toEqual([]);
    expect(pool.status().workers[0]!.problem).toBe(
      'model folder some/model: what is there now (onnx/model_int8.onnx) is not what was loaded first (onnx/model.onnx); restart the server',
    );
    expect(await submit(['y'])).toEqual(['failed']);
    workers.onLoad = () => FACTS;
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

describe('workers whose memory is used up at once', () => {
  const HOUR_MS = 3_600_000;
  /** Runs so many batches on the one worker, the last of which takes too much. */
  async function wearOut(batches: number): Promise<void> {
    for (let batch = 1; batch <= batches; batch += 1) {
      void submit([`${batch}`]);
      await settled();
      if (batch === batches) workers.runs[0]!.worker.bytes = 1_000_001;
      await workers.runs[0]!.finish();
      await settled();
    }
  }

  it('are started with a pause, as after any loss', async () => {
    await open({ minPauseMs: HOUR_MS, maxPauseMs: HOUR_MS });
    await wearOut(1);
    expect(workers.started).toHaveLength(2);
    await wearOut(99);
    expect(workers.started).toHaveLength(2);
    expect(events.filter((event) => event === 'replaced memory')).toHaveLength(2);
  });

  it('but not where it took them many batches', async () => {
    await open({ minPauseMs: HOUR_MS, maxPauseMs: HOUR_MS });
    await wearOut(100);
    await wearOut(1);
    await wearOut(100);
    expect(workers.started).toHaveLength(4);
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
    use(new FakePool({ workers: 3 }));
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
    use(new FakePool({ workers: 2 }));
    workers.onLoad = (_spec, { pid }) => {
      if (pid === 2) throw new Error('some/model has no tokenizer.json');
      return FACTS;
    };
    await expect(pool.load(SPEC)).rejects.toThrow('some/model has no tokenizer.json');
    expect(pool.status().models).toEqual([]);
  });

  it('rejects where two workers found different files', async () => {
    use(new FakePool({ workers: 2 }));
    workers.onLoad = (_spec, { pid }) => ({ ...FACTS, maxLength: 100 * pid });
    await expect(pool.load(SPEC)).rejects.toThrow(
      'cannot load the model in some/model: its files change, workers found different ones',
    );
    expect(pool.status().models).toEqual([]);
  });

  it('rejects if a worker is lost meanwhile, and can be tried again', async () => {
    use(new FakePool());
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

  it('rejects while the models that were there before do not come up', async () => {
    await open();
    workers.onLoad = () => {
      throw new Error('some/model is damaged');
    };
    await workers.started[0]!.lose();
    await expect(pool.load({ ...SPEC, id: 'other', folder: 'other/model' })).rejects.toThrow(
      'cannot load the model in other/model: some/model is damaged',
    );
  });

  it('rejects where the model takes more memory than a worker may have', async () => {
    use(new FakePool({ memoryBytes: 999 }));
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
