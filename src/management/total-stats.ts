import { mapBounded } from './bounded-map.js';
import type { ManagementOptions } from './management-options.js';
import type { NamesInUse } from './names-in-use.js';
import type { TotalStats } from './namespace-admin.js';
import type { Numbers } from './namespace-numbers.js';

/** How long sums over all namespaces are good for. */
const MAX_AGE_MS = 60_000;
/** Questions to the store at the same time: feedbacks share it. */
const CONCURRENCY = 4;

type Sums = Pick<TotalStats, 'total_vectors' | 'total_requests' | 'storage_bytes'>;

/**
 * Numbers of all namespaces together. Namespaces are counted anew with every call; what they hold is summed at most once a
 * minute, whoever asks, for that asks the store twice for each of them that is not remembered.
 */
export class Totals {
  private sums: Promise<Sums> | undefined;
  private summedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly options: Pick<ManagementOptions, 'catalog' | 'clock' | 'residents'> & {
      readonly inUse: NamesInUse;
      readonly numbers: Numbers;
    },
  ) {}

  /** Rejects with `AppError` 503 where the store cannot be read. */
  async now(): Promise<TotalStats> {
    const { catalog, residents } = this.options;
    const { names, sums } = await this.read();
    const ids = new Set([...names, ...catalog.records().map(({ id }) => id)]);
    let active = 0;
    for (const id of ids) if (catalog.effective(id).status === 'active') active++;
    return {
      total_namespaces: ids.size,
      active_namespaces: active,
      resident_namespaces: residents.names().length,
      ...sums,
    };
  }

  private async read(): Promise<{ names: readonly string[]; sums: Sums }> {
    const { inUse, clock } = this.options;
    const names = await inUse.all();
    const now = clock.now();
    if (this.sums === undefined || now - this.summedAt >= MAX_AGE_MS) {
      this.summedAt = now;
      const sums = this.sum(names);
      this.sums = sums;
      sums.catch(() => {
        if (this.sums === sums) this.sums = undefined;
      });
    }
    return { names, sums: await this.sums };
  }

  private async sum(names: readonly string[]): Promise<Sums> {
    let [vectors, requests, bytes] = [0, 0, 0];
    await mapBounded(names, CONCURRENCY, async (name) => {
      const { cells, counters, storageBytes } = await this.options.numbers.recent(name);
      vectors += cells;
      requests += (counters?.request_total ?? 0) + (counters?.feedback_total ?? 0);
      bytes += storageBytes;
    });
    return { total_vectors: vectors, total_requests: requests, storage_bytes: bytes };
  }
}
