import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { watchParent } from '../../src/commands/parent-watch.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('tells once that the parent is gone', () => {
  let parent = 42;
  let calls = 0;
  watchParent(
    () => {
      calls += 1;
    },
    () => parent,
  );
  vi.advanceTimersByTime(10_000);
  expect(calls).toBe(0);
  parent = 1;
  vi.advanceTimersByTime(10_000);
  expect(calls).toBe(1);
});

it('tells nothing once the watch is ended', () => {
  let parent = 42;
  let calls = 0;
  const end = watchParent(
    () => {
      calls += 1;
    },
    () => parent,
  );
  end();
  parent = 1;
  vi.advanceTimersByTime(10_000);
  expect(calls).toBe(0);
});
