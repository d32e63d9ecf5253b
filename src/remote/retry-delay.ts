import type { Random } from '../base/random.js';
import type { RemoteError } from './remote-error.js';

const FIRST_DELAY_MS = 100;
const LAST_DELAY_MS = 2_000;
/** What servers answer that are well and want no more just now. */
const BUSY = [429, 503];
/** `retriedStatuses` of calls that may be repeated safely: besides, the server broke, or there was none behind a gateway. */
export const BUSY_OR_BROKEN: readonly number[] = [...BUSY, 500, 502, 504];

/**
 * Milliseconds to wait before try `attempt + 1` (`attempt` = 1, 2 …); undefined = trying again would not help. Full
 * jitter over 100 ms, doubled each time up to 2 s; never less than what the server asked for, and up to 100 ms more, so
 * that those it turned away do not come back together. Source: Brooker, "Exponential Backoff and Jitter" (AWS, 2015).
 */
export function retryDelay(
  error: RemoteError,
  attempt: number,
  random: Random,
  retriedStatuses: readonly number[] = BUSY,
): number | undefined {
  const isPassing = error.status !== undefined && retriedStatuses.includes(error.status);
  if (error.kind !== 'connect' && !isPassing) return undefined;
  if (error.retryAfterMs !== undefined) return error.retryAfterMs + random.next() * FIRST_DELAY_MS;
  return random.next() * Math.min(LAST_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1));
}
