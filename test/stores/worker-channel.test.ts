import { afterEach, expect, it } from 'vitest';
import { ManualClock } from '../../src/base/clock.js';
import { callLength, type EngineCall, type EngineReport } from '../../src/stores/engine-calls.js';
import { packChanges } from '../../src/stores/packed-rows.js';
import type { Change, StorageError } from '../../src/stores/store.js';
import { WorkerChannel, type WorkerChannelOptions } from '../../src/stores/worker-channel.js';

const location = new URL('../fixtures/frail-worker.mjs', import.meta.url);
const clock = new ManualClock();
let channel: WorkerChannel<EngineCall, EngineReport>;
type Options = WorkerChannelOptions<EngineCall, EngineReport>;

function open(options: Partial<Options> = {}): typeof channel {
  channel = new WorkerChannel({
    location,
    workerData: 'w',
    clock,
    maxCalls: 4,
    maxLength: 10,
    lengthOf: callLength,
    ...options,
  });
  return channel;
}
afterEach(() => channel.stop());

async function failureOf(call: Promise<unknown>): Promise<[string, string]> {
  const error = (await call.then(
    () => ({ failure: 'none', message: '' }),
    (cause: unknown) => cause,
  )) as StorageError;
  return [error.failure, error.message];
}

function commit(length: number) {
  const change: Change = { put: { kind: 'cell', key: 'k', value: 'x'.repeat(length - 'cellk'.length) } };
  return channel.post(['commit', 'silence', packChanges([change])]);
}

it('gives each call its own answer', async () => {
  open();
  expect(await Promise.all([channel.post(['namespaces']), channel.post(['load', 'a'])])).toEqual([
    'w: namespaces',
    'w: load',
  ]);
  expect(await failureOf(channel.post(['load', 'fail']))).toEqual(['full', 'the disk is full']);
});

it.each(['crash', 'throw'])(
  'fails the calls under way when the worker dies, and starts another: %s',
  async (how) => {
    open();
    const calls = ['silence', how, 'after'].map((name) => channel.post(['load', name]));
    for (const call of calls) expect(await failureOf(call)).toEqual(['io', 'the store worker stopped']);
    expect(await failureOf(channel.post(['load', 'a']))).toEqual(['io', 'the store worker stopped']);
    clock.advance(500);
    expect(await channel.post(['load', 'a'])).toBe('w: load');
  },
);

it('does not answer for a worker that cannot even start', async () => {
  open({ location: new URL('./no-such-worker.mjs', import.meta.url) });
  expect((await failureOf(channel.post(['open'])))[0]).toBe('io');
});

it('refuses calls beyond its number, except the one that closes', async () => {
  open();
  const waiting = Array.from({ length: 4 }, () => channel.post(['load', 'silence']));
  expect(await failureOf(channel.post(['load', 'a']))).toEqual(['io', 'store queue full']);
  expect(await channel.post(['close'])).toBe('w: close');
  void channel.post(['load', 'crash']).catch(() => undefined);
  expect(await failureOf(channel.post(['load', 'crash']))).toEqual(['io', 'store queue full']);
  await channel.stop();
  expect(waiting).toHaveLength(4);
});

it('refuses calls beyond its length, but lets one alone have more', async () => {
  open();
  void commit(1000);
  expect(await failureOf(commit(6))).toEqual(['io', 'store queue full']);
  expect(await channel.post(['load', 'a'])).toBe('w: load');
});

it('counts a call no longer once it was answered', async () => {
  open({ maxCalls: 1 });
  for (let n = 0; n < 5; n += 1) expect(await channel.post(['load', 'a'])).toBe('w: load');
});

it('passes on what the worker reports', async () => {
  const seen: EngineReport[] = [];
  open({ onReport: (report) => seen.push(report) });
  await channel.post(['load', 'quarantine']);
  expect(seen).toEqual([
    ['quarantined', 'a', 'path', 'new path'],
    ['replaced', null],
  ]);
});
