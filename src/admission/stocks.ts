import type { QuotaLevel } from '../catalog/effective.js';
import type { QuotaName, QuotaSpec } from '../catalog/quota.js';
import type { Measured } from './measured.js';
import { type OverQuota, overStock } from './refusals.js';

/** Quotas of what is there, not of what comes. */
export const STOCK_QUOTAS = [
  'max_vectors',
  'max_storage_bytes',
  'max_memory_mb',
  'max_namespaces',
  'max_collections',
] as const satisfies readonly QuotaName[];
export type StockQuota = (typeof STOCK_QUOTAS)[number];

/**
 * How much a pool's family holds; bytes of storage and of memory, else a count. Undefined = not known. Asked with every
 * request, so it must be at hand.
 */
export type MeasureStock = (levelId: string, quota: StockQuota) => number | undefined;

/** When these are used up, nothing more is learnt; the others are held where something is added. */
const NOUNS: Partial<Record<StockQuota, string>> = { max_storage_bytes: 'Storage', max_memory_mb: 'Memory' };

/** A stock of one pool. */
export class Stock implements Measured {
  readonly levelId: string;
  readonly limit: number;
  readonly threshold: number;
  private readonly spec: QuotaSpec;

  constructor(
    private readonly measure: MeasureStock,
    level: QuotaLevel,
    readonly quota: StockQuota,
  ) {
    const spec = level.quotas.get(quota)!;
    this.spec = spec;
    this.levelId = level.id;
    this.threshold = spec.warning_threshold;
    this.limit = quota === 'max_memory_mb' ? spec.limit * 2 ** 20 : spec.limit;
  }

  /** What learning is refused with; undefined = there is room, or nobody minds. */
  refusal(): OverQuota | undefined {
    const noun = NOUNS[this.quota];
    if (noun === undefined || this.spec.action === 'alert') return undefined;
    const used = this.used();
    if (used < this.limit) return undefined;
    const message = `${noun} quota exceeded: ${used} / ${this.limit} bytes`;
    return overStock(this.quota, message, this.levelId);
  }

  /** Whether the limit raises itself further where something does not fit. */
  get mayRise(): boolean {
    const { auto_raise } = this.spec;
    return auto_raise !== undefined && (this.spec.limit ?? 0) < auto_raise.ceiling;
  }

  used(): number {
    return this.measure(this.levelId, this.quota) ?? 0;
  }
}
