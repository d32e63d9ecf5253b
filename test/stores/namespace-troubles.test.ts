import { expect, it } from 'vitest';
import type { EngineCall } from '../../src/stores/engine-calls.js';
import { NamespaceTroubles } from '../../src/stores/namespace-troubles.js';
import { StorageError, type StorageFailure } from '../../src/stores/store.js';
import { WorkerStore } from '../../src/stores/worker-store.js';

/** A store whose engine fails as the test says, by namespace. */
function makeStore(failures: Record<string, StorageFailure>, troubles?: NamespaceTroubles): WorkerStore {
  const post = async (call: EngineCall) => {
    const failure = failures[String(call[1])];
    if (failure) throw new StorageError(failure, `${failure}!`);
    return [];
  };
  return new WorkerStore('sqlite-files', { post, stop: async () => {} }, troubles);
}

async function load(store: WorkerStore, ...names: string[]): Promise<void> {
  for (const name of names) await store.load(name).catch(() => undefined);
}

it('names what one namespace alone suffers from, and not as a failure of the disk', async () => {
  const failures: Record<string, StorageFailure> = { a: 'newer', b: 'damaged' };
  const store = makeStore(failures, new NamespaceTroubles());
  await load(store, 'c');
  expect(store.health()).toEqual({ status: 'ok' });
  await load(store, 'a', 'b', 'c');
  expect(store.health()).toEqual({ status: 'degraded', unusable: 2 });
  delete failures.a;
  await load(store, 'a');
  expect(store.health()).toMatchObject({ unusable: 1 });
  failures.c = 'full';
  await store.drop('c').catch(() => undefined);
  expect(store.health()).toMatchObject({ status: 'degraded', detail: 'full!' });
  // What another can write says nothing of it.
  await store.drop('d');
  expect(store.health()).toMatchObject({ detail: 'full!' });
  delete failures.c;
  await store.drop('c');
  expect(store.health()).not.toHaveProperty('detail');
});

it('goes on counting a namespace that is let go', async () => {
  const failures: Record<string, StorageFailure> = { a: 'newer', b: 'io' };
  const store = makeStore(failures, new NamespaceTroubles());
  await load(store, 'a', 'b');
  const before = store.health();
  for (const name of Object.keys(failures)) {
    delete failures[name];
    await store.release(name);
  }
  expect(store.health()).toEqual(before);
  expect(before).toEqual({ status: 'degraded', unusable: 1, detail: 'io!' });
});

it('takes a newer format for everybody where all share one file', async () => {
  const troubles = new NamespaceTroubles(true);
  const store = makeStore({ a: 'newer' }, troubles);
  await load(store, 'a');
  expect(store.health()).toEqual({ status: 'degraded', detail: 'newer!' });
  troubles.quarantined(null);
  expect(store.health()).toMatchObject({ quarantined: 1 });
});

it('tells how many there are', () => {
  const troubles = new NamespaceTroubles();
  for (let n = 0; n < 20; n += 1) troubles.quarantined(`n${n % 12}`);
  expect(troubles.report()).toEqual({ quarantined: 12 });
  for (let n = 0; n < 20_000; n += 1) troubles.failed(`n${n}`, new StorageError('newer', ''));
  expect(troubles.report().unusable).toBe(10_000);
});
