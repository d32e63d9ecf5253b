import { expect, it } from 'vitest';
import { HubError } from '../../../src/models/hub/hub-error.js';
import { retrying } from '../../../src/models/hub/retry.js';

/** Tries work that always fails so, by a chance that always gives the same; answers the pauses between. */
async function pausesOf(error: Error, chance: number): Promise<number[]> {
  const pauses: number[] = [];
  const work = retrying(() => Promise.reject(error), {
    backoffMs: 4,
    random: { next: () => chance },
    onRetry: (_, pauseMs) => pauses.push(pauseMs),
  });
  await expect(work).rejects.toBe(error);
  return pauses;
}

it('pauses double, each drawn from its upper half', async () => {
  const busy = new HubError('busy', { isTransient: true });
  expect(await pausesOf(busy, 0)).toEqual([2, 4, 8, 16]);
  expect(await pausesOf(busy, 0.5)).toEqual([3, 6, 12, 24]);
});

it('a hub that asks to wait is waited for', async () => {
  expect(await pausesOf(new HubError('busy', { isTransient: true, retryAfterMs: 10 }), 0)).toEqual([
    10, 10, 10, 16,
  ]);
});

it('what will not pass is not tried again', async () => {
  expect(await pausesOf(new HubError('no such model'), 0)).toEqual([]);
  expect(await pausesOf(new Error('a mistake of ours'), 0)).toEqual([]);
});
