import { DelegateBackoff, handleWhen, retry } from 'cockatiel';
import type { Random } from '../../base/random.js';
import { HubError } from './hub-error.js';

const MAX_TRIES = 5;
const LONGEST_PAUSE_MS = 20_000;

export interface RetryOptions {
  /** Pause before the second try, ms; the next ones double. Each is drawn from its upper half. */
  readonly backoffMs: number;
  readonly random: Random;
  /** Told of each failure that is followed by another try. */
  readonly onRetry?: ((message: string, pauseMs: number) => void) | undefined;
}

/** Does some work up to five times while it fails for a reason that may pass, waiting as long as the hub asks. */
export function retrying<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { backoffMs, random, onRetry } = options;
  const policy = retry(
    handleWhen((error) => error instanceof HubError && error.isTransient),
    {
      maxAttempts: MAX_TRIES - 1,
      backoff: new DelegateBackoff(({ attempt, result }) => {
        const most = Math.min(LONGEST_PAUSE_MS, backoffMs * 2 ** (attempt - 1));
        return Math.max(most * (0.5 + random.next() / 2), hubErrorOf(result)?.retryAfterMs ?? 0);
      }),
    },
  );
  policy.onRetry((result) => onRetry?.(hubErrorOf(result)?.message ?? '', result.delay));
  return policy.execute(work);
}

function hubErrorOf(result: object): HubError | undefined {
  return 'error' in result && result.error instanceof HubError ? result.error : undefined;
}
