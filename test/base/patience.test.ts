import { describe, expect, it } from 'vitest';
import { patience } from '../../src/base/patience.js';

describe('patience', () => {
  it('is one signal however often it is asked for', () => {
    const signal = patience(60_000);
    expect(signal()).toBe(signal());
    expect(signal().aborted).toBe(false);
  });

  it('ends with the caller’s', () => {
    const caller = new AbortController();
    const signal = patience(60_000, () => caller.signal);
    expect(signal().aborted).toBe(false);
    caller.abort();
    expect(signal().aborted).toBe(true);
  });

  it('ends when its time is up', async () => {
    const signal = patience(1)();
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
  });

  it('does not ask the caller for a signal before somebody wants it', () => {
    let asked = 0;
    const signal = patience(60_000, () => {
      asked++;
      return new AbortController().signal;
    });
    expect(asked).toBe(0);
    signal();
    signal();
    expect(asked).toBe(1);
  });
});
