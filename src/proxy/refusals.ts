import { LRUCache } from 'lru-cache';
import { AppError, type ErrorCode } from '../base/errors.js';
import { ModelError } from '../base/model-call.js';

const MOST_REMEMBERED = 1000;

/** Refusals of a model, remembered for a moment, so that who tries again at once asks nobody. */
export class Refusals {
  private readonly known = new LRUCache<string, { readonly error: Error; readonly until: number }>({
    max: MOST_REMEMBERED,
  });

  /** `memoryMs`: how long; 0 = not at all. */
  constructor(private readonly memoryMs: number) {}

  get isEmpty(): boolean {
    return this.known.size === 0;
  }

  /** Throws the refusal of what has this key, if there was one just now. */
  check(key: string, now: number): void {
    const refusal = this.known.get(key);
    if (refusal === undefined) return;
    if (refusal.until > now) throw refusal.error;
    this.known.delete(key);
  }

  keep(key: string, error: Error, now: number): void {
    if (this.memoryMs > 0) this.known.set(key, { error, until: now + this.memoryMs });
  }

  clear(): void {
    this.known.clear();
  }
}

/** Whether this says no to what was asked, and would say it again; a failure or a full house does not. */
export function isRefusal(error: unknown): error is Error {
  if (error instanceof ModelError) return error.failure === 'refused';
  return error instanceof AppError && error.status < 500 && error.status !== 429 && error.status !== 408;
}

/** What an upstream's failure, or its want of time, is to its caller. */
const FAILURES: ReadonlySet<ErrorCode> = new Set([
  'UPSTREAM_ERROR',
  'UPSTREAM_TIMEOUT',
  'UNAVAILABLE',
  'RATE_LIMITED',
]);

/** Whether an old score may stand in: a model gave no answer, or an upstream failed or has no time. A fault of ours is none of these. */
export function maySpare(error: unknown): boolean {
  return error instanceof ModelError || (error instanceof AppError && FAILURES.has(error.code));
}

/** Whether it says no to whoever asks, whatever is asked. */
export function isOfCaller({ status, cause }: Error & { readonly status?: number }): boolean {
  return [401, 403].includes(status ?? (cause as { status?: number } | undefined)?.status ?? 0);
}
