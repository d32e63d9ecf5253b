import { expect, it } from 'vitest';
import type { StoreEngine } from '../../src/stores/engine.js';
import { answerCall, type EngineCall } from '../../src/stores/engine-calls.js';
import { EngineTurns } from '../../src/stores/engine-turns.js';
import { StorageError } from '../../src/stores/store.js';
import type { Answered } from '../../src/stores/worker-channel.js';

/** An engine that notes what it is asked, behind turns whose pauses the test makes. */
function start(engine: Partial<StoreEngine>) {
  const asked: string[] = [];
  const reported: Answered[] = [];
  const pauses: (() => void)[] = [];
  const noting = new Proxy(engine, {
    get: (target, name) => () => {
      asked.push(String(name));
      const method = target[name as keyof StoreEngine] as (() => unknown) | undefined;
      return method?.();
    },
  }) as StoreEngine;
  const turns = new EngineTurns<EngineCall>(
    noting,
    (call) => answerCall(noting, call),
    (message) => reported.push(message),
    (work) => pauses.push(work),
  );
  let id = 0;
  return {
    asked,
    reported,
    pauses,
    take: (...call: EngineCall) => turns.take([++id, call]),
    /** Nothing is waiting: what was put off runs. */
    pause: () => pauses.shift()?.(),
  };
}

it('opens the engine before the first call, in a worker that replaced another as well', () => {
  const worker = start({ namespaces: () => ['a'] });
  worker.take('namespaces');
  worker.take('namespaces');
  expect(worker.asked).toEqual(['open', 'namespaces', 'namespaces']);
  expect(worker.reported).toEqual([
    ['done', 1, ['a']],
    ['done', 2, ['a']],
  ]);
});

it('fails calls while the engine cannot be opened, and opens it at the next one', () => {
  let failure: StorageError | undefined = new StorageError('locked', 'owned by process 1');
  const worker = start({
    open: () => {
      if (failure) throw failure;
      return undefined;
    },
    namespaces: () => [],
  });
  worker.take('namespaces');
  expect(worker.pauses).toEqual([]);
  failure = undefined;
  worker.take('namespaces');
  expect(worker.reported).toEqual([
    ['failed', 1, 'locked', 'owned by process 1'],
    ['done', 2, []],
  ]);
});

it('lets the engine do what can wait, slice by slice, and calls go between them', () => {
  let slices = 3;
  const worker = start({
    idle: () => {
      slices -= 1;
      return slices > 0;
    },
  });
  worker.take('open');
  worker.take('namespaces');
  worker.pause();
  worker.take('namespaces');
  worker.pause();
  worker.pause();
  worker.pause();
  expect(worker.asked).toEqual(['open', 'namespaces', 'idle', 'namespaces', 'idle', 'idle']);
});

it('goes on after what could wait has failed, and does nothing more once it is closed', () => {
  const worker = start({
    idle: () => {
      throw new StorageError('full', 'the disk is full');
    },
  });
  worker.take('open');
  worker.pause();
  expect(worker.pauses).toEqual([]);
  worker.take('namespaces');
  worker.take('close');
  worker.pause();
  expect(worker.asked).toEqual(['open', 'idle', 'namespaces', 'close']);
  expect(worker.reported.map(([what]) => what)).toEqual(['done', 'done', 'done']);
});
