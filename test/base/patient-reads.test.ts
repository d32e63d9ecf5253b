import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { PatientReads } from '../../src/base/patient-reads.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function slowRead() {
  let give = (): void => undefined;
  const read = new Promise<string>((resolve) => {
    give = () => resolve('late');
  });
  return { ask: () => read, give };
}

it('does not take a caller who leaves for a slow store', async () => {
  const reads = new PatientReads(250);
  const leaving = new AbortController();
  const { ask, give } = slowRead();
  const left = reads.read(ask, leaving.signal);
  leaving.abort();
  expect(await left).toBeUndefined();
  expect(await reads.read(async () => 'here', undefined)).toBe('here');
  give();
});

it('passes a slow store over until it has answered, though its caller has left', async () => {
  const reads = new PatientReads(250);
  const leaving = new AbortController();
  const { ask, give } = slowRead();
  const [left, waiting] = [reads.read(ask, leaving.signal), reads.read(ask, undefined)];
  leaving.abort();
  await vi.advanceTimersByTimeAsync(250);
  expect(await Promise.all([left, waiting])).toEqual([undefined, undefined]);
  expect(await reads.read(async () => 'here', undefined)).toBeUndefined();
  give();
  await vi.advanceTimersByTimeAsync(0);
  expect(await reads.read(async () => 'here', undefined)).toBe('here');
});

it('has nothing where the store fails, and asks again', async () => {
  const reads = new PatientReads(250);
  expect(await reads.read(() => Promise.reject(new Error('broken')), undefined)).toBeUndefined();
  expect(await reads.read(async () => 'here', undefined)).toBe('here');
  expect(vi.getTimerCount()).toBe(0);
});
