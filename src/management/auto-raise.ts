import type { CatalogView } from '../catalog/catalog-view.js';
import type { Effective } from '../catalog/effective.js';
import type { QuotaSpec } from '../catalog/quota.js';
import type { NamespaceRecord } from '../catalog/record.js';
import { isLeaving } from '../catalog/status.js';
import { type FamilyUse, measureFamily, STOCK_NAMES, type StockName } from './family-use.js';
import type { ManagementOptions } from './management-options.js';
import type { NamesInUse } from './names-in-use.js';
import type { AdminCall } from './namespace-admin.js';
import type { Numbers } from './namespace-numbers.js';
import type { RecordChanges } from './record-changes.js';

/** Between two looks at the same pool: each may ask the store about the whole family. */
const PAUSE_MS = 1000;
const BY_US: AdminCall = { actor: 'system', requestId: '' };

/** A quota of a pool, and the limit that would do: cells, or bytes. */
export interface Exceeded {
  readonly pool: string;
  readonly quota: Exclude<StockName, 'max_namespaces'>;
  readonly needed: number;
}

/** Raises limits that were told to raise themselves, once their use comes near. */
export class AutoRaise {
  private readonly poolsOf = new WeakMap<Effective, readonly string[]>();
  /** Pools to be looked at. */
  private readonly due = new Set<string>();
  private readonly lookedAt = new Map<string, number>();
  private looking: Promise<void> | undefined;
  /** Pools to be looked at once a pause is over. */
  private readonly putOff = new Set<string>();
  private pause: NodeJS.Timeout | undefined;

  constructor(
    private readonly parts: ManagementOptions & {
      readonly inUse: NamesInUse;
      readonly numbers: Numbers;
      readonly changes: RecordChanges;
    },
  ) {}

  /**
   * A namespace took up more, or may have: its pools are looked at now, or once the pause since the last look is over.
   * `isRare`: this does not happen with every request, so nothing is put off. Costs a look-up where nothing raises itself;
   * never waits or throws.
   */
  noteGrowth(name: string, isRare = false): void {
    const { catalog, clock } = this.parts;
    if (!catalog.isLoaded) return;
    const now = clock.now();
    for (const pool of this.raisingPools(catalog.effective(name))) {
      const pause = now - (this.lookedAt.get(pool) ?? Number.NEGATIVE_INFINITY);
      if (pause < PAUSE_MS && !isRare) {
        this.putOff.add(pool);
        continue;
      }
      this.lookedAt.set(pool, now);
      this.due.add(pool);
    }
    if (this.due.size > 0) void this.look();
    if (this.putOff.size > 0) this.pause ??= setTimeout(() => this.lookAtPutOff(), PAUSE_MS).unref();
  }

  /**
   * Raises a limit that stands in the way to where `needed` is no longer near it, if it raises itself that far. Resolves to
   * whether there is room by now; failures are reported, not thrown.
   */
  async makeRoom({ pool, quota, needed: bytesOrCells }: Exceeded): Promise<boolean> {
    const { catalog, changes, events } = this.parts;
    const needed = quota === 'max_memory_mb' ? bytesOrCells / 2 ** 20 : bytesOrCells;
    const ceiling = catalog.record(pool)?.quotas[quota]?.auto_raise?.ceiling;
    if (ceiling === undefined || needed > ceiling) return false;
    try {
      await changes.make(pool, 'namespace.auto_raise', BY_US, ({ status, quotas }) => {
        const spec = quotas[quota];
        if (spec === undefined || isLeaving(status)) return {};
        return { quotas: { ...quotas, [quota]: { ...spec, limit: raisedLimit(spec, needed) } } };
      });
    } catch (error) {
      events?.failed?.('auto-raise', pool, error);
      return false;
    }
    const limit = catalog.record(pool)?.quotas[quota]?.limit;
    return limit === null || (limit !== undefined && limit >= needed);
  }

  /** Nothing is looked at any more but what is being looked at. */
  stop(): void {
    clearTimeout(this.pause);
    this.pause = undefined;
    this.putOff.clear();
  }

  /** Looks at every pool that raises itself; failures are reported, not thrown. */
  async lookAtAll(): Promise<void> {
    this.lookedAt.clear();
    for (const record of this.parts.catalog.records())
      if (raisingOf(record).length > 0) this.due.add(record.id);
    await this.look();
  }

  /** Resolves once nothing is being looked at. */
  async idle(): Promise<void> {
    await this.looking;
  }

  private lookAtPutOff(): void {
    this.pause = undefined;
    const now = this.parts.clock.now();
    for (const pool of this.putOff) {
      this.lookedAt.set(pool, now);
      this.due.add(pool);
    }
    this.putOff.clear();
    void this.look();
  }

  private look(): Promise<void> {
    this.looking ??= this.lookAtDue().finally(() => {
      this.looking = undefined;
    });
    return this.looking;
  }

  private async lookAtDue(): Promise<void> {
    for (const pool of this.due) {
      this.due.delete(pool);
      try {
        await this.raise(pool);
      } catch (error) {
        this.parts.events?.failed?.('auto-raise', pool, error);
      }
    }
  }

  private async raise(id: string): Promise<void> {
    const { catalog, changes } = this.parts;
    const record = catalog.record(id);
    if (record === undefined || isLeaving(record.status)) return;
    const use = await measureFamily(id, catalog, this.parts);
    if (Object.keys(raisedQuotas(record, use)).length === 0) return;
    await changes.make(id, 'namespace.auto_raise', BY_US, (now) =>
      isLeaving(now.status) ? {} : { quotas: { ...now.quotas, ...raisedQuotas(now, use) } },
    );
  }

  private raisingPools(effective: Effective): readonly string[] {
    let pools = this.poolsOf.get(effective);
    if (pools === undefined) {
      const raises = (name: string) => raisingOf(this.parts.catalog.record(name)).length > 0;
      pools = effective.levels.map(({ id }) => id).filter(raises);
      this.poolsOf.set(effective, pools);
    }
    return pools;
  }
}

/** The quotas of a record that are to be higher by now, with their new limits. */
export function raisedQuotas(record: NamespaceRecord, use: FamilyUse): Partial<Record<StockName, QuotaSpec>> {
  const raised: Partial<Record<StockName, QuotaSpec>> = {};
  for (const name of raisingOf(record)) {
    const spec = record.quotas[name]!;
    const limit = raisedLimit(spec, use[name]);
    if (limit !== spec.limit) raised[name] = { ...spec, limit };
  }
  return raised;
}

/**
 * The limit, times the factor as often as it takes until what is used is no longer near it; by 1 at least, never above the
 * ceiling. Costs the same however small the factor is.
 */
function raisedLimit({ limit, auto_raise: raise }: QuotaSpec, used: number): number | null {
  if (limit === null || raise === undefined) return limit;
  const { above, factor, ceiling } = raise;
  if (limit >= ceiling || used < above * limit) return limit;
  const times = limit > 0 ? Math.ceil(Math.log(used / (above * limit)) / Math.log(factor)) : 1;
  const raised = Math.floor(limit * factor ** Math.max(1, times));
  // The power may be rounded down; from this limit on it is not near, whatever the factor.
  const least = Math.floor(used / above) + 1;
  return Math.min(ceiling, Math.max(raised, least, limit + 1));
}

function raisingOf(record: ReturnType<CatalogView['record']>): StockName[] {
  return STOCK_NAMES.filter((name) => record?.quotas[name]?.auto_raise !== undefined);
}
