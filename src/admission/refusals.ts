import { AppError, validationError } from '../base/errors.js';
import type { QuotaName } from '../catalog/quota.js';

/** What a request can be over: a quota, the rate of its caller, or what waits for its turn. */
export type Limit = QuotaName | 'rate_limit_per_minute' | 'scoring';

/** Longest that a caller is told to wait. */
const LONGEST_WAIT_S = 86_400;

/** A request that is over a quota (429), with what its answer is to carry besides. */
export class OverQuota extends AppError {
  /** Flat list of names and values. */
  headers: readonly string[] = [];
  /** Whose pool it is; undefined = that of the caller. */
  readonly levelId: string | undefined;
  readonly closesConnection: boolean;

  constructor(
    code: 'RATE_LIMITED' | 'QUOTA_EXCEEDED',
    message: string,
    readonly limit: Limit,
    options: {
      readonly levelId?: string;
      readonly waitMs?: number;
      /** Whether its connection is to be closed. */
      readonly closesConnection?: boolean;
    } = {},
  ) {
    const { levelId, waitMs, closesConnection = false } = options;
    const detail = { quota: limit, ...(levelId !== undefined && { namespace: levelId }) };
    super(code, message, detail, waitMs === undefined ? {} : { retryAfterS: secondsOf(waitMs) });
    this.levelId = levelId;
    this.closesConnection = closesConnection;
  }
}

/** "Rate limit exceeded: 10 requests/second". */
export function overRate(
  limit: Limit,
  rate: { readonly limit: number; readonly noun: string },
  waitMs: number,
  levelId?: string,
): OverQuota {
  const message = `Rate limit exceeded: ${rate.limit} ${rate.noun}`;
  return new OverQuota('RATE_LIMITED', message, limit, { waitMs, ...(levelId !== undefined && { levelId }) });
}

/** When to try again what a stock has no room for: something has to be removed first, or a limit raised. */
const STOCK_WAIT_MS = 60_000;

/** "Storage quota exceeded: 12 / 10 bytes" */
export function overStock(limit: QuotaName, message: string, levelId: string): OverQuota {
  return new OverQuota('QUOTA_EXCEEDED', message, limit, { levelId, waitMs: STOCK_WAIT_MS });
}

/** A batch that no wait makes room for. */
export function neverFits(items: number, atOnce: number): AppError {
  const issue = { loc: [], msg: `must have at most ${atOnce} items, not ${items}`, type: 'quota' };
  return validationError([issue], `Batch size exceeds limit: ${items} > ${atOnce}`);
}

/** Whole seconds, at least one; what rounding added to them makes no further one. */
function secondsOf(waitMs: number): number {
  return Math.min(LONGEST_WAIT_S, Math.max(1, Math.ceil(waitMs / 1000 - 1e-6)));
}
