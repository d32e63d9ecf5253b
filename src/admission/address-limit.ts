import { isIPv6 } from 'node:net';
import { LRUCache } from 'lru-cache';
import type { Caller } from './admission.js';
import { type Bucket, type BucketRule, bucketRule, levelAt, pour, waitMs } from './bucket.js';
import { ratePolicy, type ShownRate } from './rate-limit-headers.js';
import { type OverQuota, overRate } from './refusals.js';

const MINUTE_MS = 60_000;
/** Callers kept apart; of more the least recently seen starts afresh. */
const MAX_CALLERS = 100_000;
const ANONYMOUS = 'anonymous';

/** `RATE_LIMIT_PER_MINUTE`: requests a minute of one credential, without credentials of one address. */
export class AddressLimit {
  private readonly rule: BucketRule;
  private readonly policy: string;
  private readonly buckets: LRUCache<string, Bucket>;

  constructor(
    private readonly perMinute: number,
    maxCallers: number = MAX_CALLERS,
  ) {
    this.rule = bucketRule(perMinute, MINUTE_MS);
    this.policy = ratePolicy('caller', perMinute, MINUTE_MS / 1000);
    this.buckets = new LRUCache({ max: maxCallers });
  }

  /** What it is refused with, if so many more are too many. */
  refusal(caller: Caller, now: number, units: number): OverQuota | undefined {
    const wait = waitMs(this.bucketOf(caller), this.rule, now, units);
    if (wait === 0) return undefined;
    return overRate('rate_limit_per_minute', { limit: this.perMinute, noun: 'requests/minute' }, wait);
  }

  take(caller: Caller, now: number, units: number): void {
    pour(this.bucketOf(caller), this.rule, now, units);
  }

  shown(caller: Caller, now: number): ShownRate {
    const level = levelAt(this.bucketOf(caller), this.rule, now);
    return {
      policy: this.policy,
      name: 'caller',
      remaining: this.rule.burst - level,
      resetS: level / this.rule.perMs / 1000,
    };
  }

  private bucketOf({ identity, socket }: Caller): Bucket {
    const key = identity === ANONYMOUS ? addressKey(socket.remoteAddress ?? '') : identity;
    let bucket = this.buckets.get(key);
    if (bucket === undefined) {
      bucket = { level: 0, at: 0 };
      this.buckets.set(key, bucket);
    }
    return bucket;
  }
}

/** An address as one caller: IPv4 as it is, however it is written; of IPv6 the first 64 bits, since whoever has one has all below them. */
export function addressKey(address: string): string {
  const dotted = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (dotted !== undefined || !isIPv6(address)) return dotted ?? address;
  const [head = '', tail] = address.toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  const below = tail === undefined || tail === '' ? 0 : tail.split(':').length;
  const missing = tail === undefined ? 0 : 8 - groups.length - below;
  const all = [...groups, ...new Array<string>(missing).fill('0'), ...(tail ? tail.split(':') : [])];
  return `${all.slice(0, 4).join(':')}::/64`;
}
