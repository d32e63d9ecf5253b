import { Headers } from 'undici';
import { expect, it } from 'vitest';
import { ManualClock } from '../../../src/base/clock.js';
import { readHubAccess } from '../../../src/models/hub/hub-access.js';
import { statusError } from '../../../src/models/hub/status-error.js';

const clock = new ManualClock();
const access = readHubAccess({ HF_ENDPOINT: 'https://hub.example' });

/** What is made of an answer 429 with this `Retry-After`. */
function busy(retryAfter: string) {
  const headers = new Headers({ 'retry-after': retryAfter });
  return statusError({ url: access.endpoint, status: 429, headers, request: { what: 'it' }, access, clock });
}

const inSeconds = (seconds: number) => new Date(clock.now() + seconds * 1000).toUTCString();

it.each([
  ['60', 60_000],
  ['0', 0],
  [inSeconds(60), 60_000],
  [inSeconds(-60), 0],
  ['soon', undefined],
])('Retry-After: %s is waited for', (text, ms) => {
  expect(busy(text)).toMatchObject({ isTransient: true, retryAfterMs: ms });
});

it.each(['61', inSeconds(61)])('Retry-After: %s is too long', (text) => {
  expect(busy(text)).toMatchObject({ isTransient: false });
  expect(busy(text).message).toBe('hub.example answered 429 for it; it asks to wait 61 s: try again then');
});
