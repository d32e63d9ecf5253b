import type { Effective, QuotaLevel } from '../catalog/effective.js';
import type { QuotaName } from '../catalog/quota.js';
import { closedFamilyOf } from '../catalog/resolve.js';
import type { Permit, Purpose } from './admission.js';
import type { Connections } from './connections.js';
import { PoolDraw, type QuotaUse, RATE_QUOTAS, RateDraw, shareOf } from './draws.js';
import type { LevelStates } from './level-states.js';
import type { ShownRate } from './rate-limit-headers.js';
import { OverQuota } from './refusals.js';
import { type MeasureStock, STOCK_QUOTAS, Stock } from './stocks.js';

/** What all quotas of a namespace come down to; made once for what holds for it. */
export class QuotaPlan {
  readonly limits: Permit['limits'];
  /** Pools whose open connections are counted. */
  readonly connectionIds: readonly string[];
  /** Whether the name may not be used as it is: it is not registered, and the family bounds how many there are. */
  readonly isClosed: boolean;
  readonly stocks: readonly Stock[];
  private readonly rates: readonly RateDraw[];
  private readonly requestRates: readonly RateDraw[];
  private readonly queryPools: readonly PoolDraw[];
  private readonly levels: readonly QuotaLevel[];

  constructor(
    effective: Effective,
    states: LevelStates,
    private readonly connections: Connections,
    measure: MeasureStock,
  ) {
    const { levels } = effective;
    this.levels = levels;
    const having = (quota: QuotaName) => levels.filter(({ quotas }) => quotas.has(quota));
    this.rates = RATE_QUOTAS.flatMap((quota) =>
      having(quota).map((level) => new RateDraw(states, level, quota)),
    );
    this.requestRates = this.rates.filter(({ quota }) => quota === 'max_requests_per_second');
    this.queryPools = having('max_concurrent_queries').map((level) => new PoolDraw(states, level));
    this.connectionIds = having('max_connections').map(({ id }) => id);
    this.stocks = STOCK_QUOTAS.flatMap((quota) =>
      having(quota).map((level) => new Stock(measure, level, quota)),
    );
    this.isClosed = closedFamilyOf(effective) !== undefined;
    this.limits = Object.freeze({
      ...tightest(levels, 'max_results_per_query', 'maxResults'),
      ...tightest(levels, 'max_batch_size', 'maxBatch'),
      ...tightest(levels, 'max_dimension', 'maxDimension'),
    });
  }

  /** Rates that count a request of this purpose. */
  ratesOf(purpose: Purpose): readonly RateDraw[] {
    return purpose === 'query' ? this.rates : this.requestRates;
  }

  poolsOf(purpose: Purpose): readonly PoolDraw[] {
    return purpose === 'query' ? this.queryPools : [];
  }

  /** What a connection is refused with that counts in none of these pools yet. */
  connectionRefusal(has: (levelId: string) => boolean): OverQuota | undefined {
    for (const { id, quotas } of this.levels) {
      const spec = quotas.get('max_connections');
      if (spec === undefined || spec.action === 'alert' || has(id)) continue;
      const open = this.connections.count(id);
      if (open < spec.limit) continue;
      const message = `Connection limit exceeded: ${open} / ${spec.limit}`;
      const options = { levelId: id, waitMs: 1000, closesConnection: true };
      return new OverQuota('QUOTA_EXCEEDED', message, 'max_connections', options);
    }
    return undefined;
  }

  /** Of each window the rate of which least is left. */
  shown(now: number): ShownRate[] {
    const byName = new Map<string, ShownRate>();
    for (const rate of this.rates) {
      const shown = rate.shown(now);
      const other = byName.get(shown.name);
      if (other === undefined || shown.remaining < other.remaining) byName.set(shown.name, shown);
    }
    return [...byName.values()];
  }

  /** All that can be used up, pool by pool. */
  uses(now: number): QuotaUse[] {
    return [
      ...this.rates.map((rate) => rate.use(now)),
      ...this.queryPools.map((pool) => pool.use()),
      ...this.connectionUses(),
      ...this.stocks.map((stock) => stock.use()),
    ];
  }

  private connectionUses(): QuotaUse[] {
    return this.levels.flatMap(({ id, quotas }) => {
      const spec = quotas.get('max_connections');
      if (spec === undefined) return [];
      const { limit, warning_threshold: threshold } = spec;
      const used = this.connections.count(id);
      return [{ levelId: id, quota: 'max_connections', used, limit, share: shareOf(used, limit), threshold }];
    });
  }
}

/** The smallest limit of a quota that refuses; one that only alerts bounds no size. */
function tightest<Name extends string>(
  levels: readonly QuotaLevel[],
  quota: QuotaName,
  name: Name,
): Partial<Record<Name, number>> {
  let limit = Number.POSITIVE_INFINITY;
  for (const { quotas } of levels) {
    const spec = quotas.get(quota);
    if (spec !== undefined && spec.action !== 'alert') limit = Math.min(limit, spec.limit);
  }
  return limit === Number.POSITIVE_INFINITY ? {} : ({ [name]: limit } as Record<Name, number>);
}
