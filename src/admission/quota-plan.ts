import type { Socket } from 'node:net';
import type { Effective, QuotaLevel } from '../catalog/effective.js';
import type { QuotaName } from '../catalog/quota.js';
import { closedFamilyOf } from '../catalog/resolve.js';
import type { Permit, Purpose } from './admission.js';
import { ConnectionPlaces } from './connection-places.js';
import type { Connections } from './connections.js';
import { PoolDraw, RATE_QUOTAS, RateDraw } from './draws.js';
import type { LevelStates } from './level-states.js';
import { type Measured, nearUses, type QuotaUse, useOf } from './measured.js';
import type { ShownRate } from './rate-limit-headers.js';
import type { OverQuota } from './refusals.js';
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
  private readonly connections: readonly ConnectionPlaces[];
  private readonly measured: readonly Measured[];

  constructor(effective: Effective, states: LevelStates, connections: Connections, measure: MeasureStock) {
    const { levels } = effective;
    const having = (quota: QuotaName) => levels.filter(({ quotas }) => quotas.has(quota));
    this.rates = RATE_QUOTAS.flatMap((quota) =>
      having(quota).map((level) => new RateDraw(states, level, quota)),
    );
    this.requestRates = this.rates.filter(({ quota }) => quota === 'max_requests_per_second');
    this.queryPools = having('max_concurrent_queries').map((level) => new PoolDraw(states, level));
    this.connections = having('max_connections').map((level) => new ConnectionPlaces(connections, level));
    this.connectionIds = this.connections.map(({ levelId }) => levelId);
    this.stocks = STOCK_QUOTAS.flatMap((quota) =>
      having(quota).map((level) => new Stock(measure, level, quota)),
    );
    this.measured = [...this.rates, ...this.queryPools, ...this.connections, ...this.stocks];
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

  /** What a connection is refused with, where one of these pools has no room for it. */
  connectionRefusal(socket: Socket): OverQuota | undefined {
    for (const places of this.connections) {
      const refusal = places.refusal(socket);
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }

  /** Of each window the rate of which least is left. */
  shown(now: number): ShownRate[] {
    const shown: ShownRate[] = [];
    // Rates of a window stand together.
    for (const rate of this.rates) {
      const next = rate.shown(now);
      const last = shown.at(-1);
      if (last?.name !== next.name) shown.push(next);
      else if (next.remaining < last.remaining) shown[shown.length - 1] = next;
    }
    return shown;
  }

  /** All that can be used up, pool by pool. */
  uses(now: number): QuotaUse[] {
    return this.measured.map((measured) => useOf(measured, now));
  }

  /** Those that are used to their warning threshold or beyond. */
  near(now: number): readonly QuotaUse[] {
    return nearUses(this.measured, now);
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
