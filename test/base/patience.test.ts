import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startWait } from '../../src/base/patience.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** A whole garbage collection. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

describe('a wait', () => {
  it('has one signal however often it is asked for', () => {
    const { signal } = startWait(60_000);
    expect(signal()).toBe(signal());
    expect(signal().aborted).toBe(false);
  });

  it('ends with the caller’s, also one that has ended before', () => {
    const caller = new AbortController();
    const signal = startWait(60_000, () => caller.signal).signal();
    expect(signal.aborted).toBe(false);
    caller.abort();
    expect(signal.aborted).toBe(true);
    expect(startWait(60_000, () => caller.signal).signal().aborted).toBe(true);
  });

  it('ends when its time is up, counted from when it was first asked for', () => {
    const { signal } = startWait(1000);
    vi.advanceTimersByTime(5000);
    expect(signal().aborted).toBe(false);
    vi.advanceTimersByTime(999);
    expect(signal().aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(signal().reason).toMatchObject({ name: 'TimeoutError' });
  });

  it('ends when its time is up although garbage was collected meanwhile', () => {
    const caller = new AbortController();
    let ended = 0;
    for (let wait = 0; wait < 20; wait++) {
      const signal = startWait(1000, () => caller.signal).signal();
      signal.addEventListener('abort', () => ended++);
    }
    collectGarbage();
    vi.advanceTimersByTime(1000);
    expect(ended).toBe(20);
  });

  it('lets go of its timer and of the caller once it is over', () => {
    const caller = new AbortController();
    const wait = startWait(1000, () => caller.signal);
    const signal = wait.signal();
    wait.end();
    expect(vi.getTimerCount()).toBe(0);
    caller.abort();
    expect(signal.aborted).toBe(false);
    startWait(1000).end();
  });

  it('does not ask the caller for a signal before somebody wants it', () => {
    let asked = 0;
    const { signal } = startWait(60_000, () => {
      asked++;
      return new AbortController().signal;
    });
    expect(asked).toBe(0);
    signal();
    signal();
    expect(asked).toBe(1);
  });
});
