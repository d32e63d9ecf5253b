import { Pace } from '../base/pace.js';
import { mapBounded } from './bounded-map.js';
import { type FamilyUse, measureFamily, STOCK_NAMES } from './family-use.js';
import type { ManagementOptions } from './management-options.js';
import type { NamesInUse } from './names-in-use.js';
import type { NamespaceStats, QuotaUseView } from './namespace-admin.js';
import type { Numbers } from './namespace-numbers.js';
import { statusOf, timeText } from './namespace-view.js';

type Parts = ManagementOptions & { readonly inUse: NamesInUse; readonly numbers: Numbers };

/** What pools hold, each measured once. */
type Measured = Map<string, Promise<FamilyUse>>;

/** Namespaces that are measured at the same time. */
const CONCURRENCY = 4;

/**
 * Numbers of several namespaces, in their order; undefined = they cannot be read just now. Pools are measured once, however
 * many draw from them, and other work goes on meanwhile.
 */
export function statsOfMany(ids: readonly string[], parts: Parts): Promise<(NamespaceStats | undefined)[]> {
  const measured: Measured = new Map();
  const pace = new Pace();
  return mapBounded(ids, CONCURRENCY, async (id) => {
    if (pace.due()) await pace.rest();
    return statsOf(id, parts, measured).catch(() => undefined);
  });
}

/** Numbers of one namespace, as they are now; those of the families it is in as they were up to a minute ago. */
export async function statsOf(
  id: string,
  parts: Parts,
  measured: Measured = new Map(),
): Promise<NamespaceStats> {
  const { catalog, numbers, admission } = parts;
  const { cells, documents, impressions, storageBytes, counters } = await numbers.of(id);
  const effective = catalog.effective(id);
  const stocks = await stockUses(id, parts, measured);
  const rates = admission?.utilisation(id) ?? { share: 0, warnings: [] };
  const { feedback_total = 0, request_total = 0, query_total = 0, upsert_total = 0 } = counters ?? {};
  return {
    namespace_id: id,
    status: statusOf(effective, parts.isDegraded),
    vector_count: cells,
    active_count: cells,
    deleted_count: 0,
    storage_bytes: storageBytes,
    collection_count: 0,
    cells,
    documents_known: documents,
    impressions,
    feedback_total,
    total_requests: request_total + feedback_total,
    total_queries: query_total,
    total_upserts: upsert_total,
    total_deletes: 0,
    quota_utilization: Math.max(rates.share, ...stocks.map(({ share }) => share)),
    warnings: warningsOf(stocks, rates.warnings),
    quota_use: quotaUse(id, stocks, admission),
    created_at: timeText(catalog.record(id)?.created_at ?? counters?.created_at ?? null),
    last_used_at: timeText(counters?.last_used_at ?? null),
  };
}

interface StockUse extends QuotaUseView {
  readonly threshold: number;
}

/** Of every pool it draws from, what of its stocks is used. */
async function stockUses(id: string, parts: Parts, measured: Measured): Promise<StockUse[]> {
  const { catalog } = parts;
  const uses: StockUse[] = [];
  for (const { id: pool, quotas } of catalog.effective(id).levels) {
    const bounded = STOCK_NAMES.filter((name) => quotas.has(name));
    if (bounded.length === 0) continue;
    let measuring = measured.get(pool);
    if (measuring === undefined) {
      measuring = measureFamily(pool, catalog, parts);
      measured.set(pool, measuring);
    }
    const use = await measuring;
    for (const name of bounded) {
      const { limit, warning_threshold: threshold } = quotas.get(name)!;
      uses.push({
        quota: name,
        of: pool,
        limit,
        used: use[name],
        share: shareOf(use[name], limit),
        threshold,
      });
    }
  }
  return uses;
}

/** Used of a limit, 0 to 1 and beyond; a limit of 0 is used up. */
export function shareOf(used: number, limit: number): number {
  return limit === 0 ? 1 : used / limit;
}

/** Our own measure of a stock holds before that of admission, which may not have needed it yet. */
function warningsOf(stocks: readonly StockUse[], rates: readonly string[]): string[] {
  const near = stocks.filter(({ share, threshold }) => share >= threshold);
  const isStock = (warning: string) => stocks.some((stock) => warning.startsWith(`${nameOf(stock)} is used`));
  return [
    ...near.map((stock) => `${nameOf(stock)} is used to ${Math.floor(stock.share * 100)} %`),
    ...rates.filter((warning) => !isStock(warning)),
  ];
}

/** As in "max_vectors of acme". */
function nameOf({ quota, of }: StockUse): string {
  return `${quota} of ${of}`;
}

/** Stocks as they are measured here, all else as admission has it. */
function quotaUse(
  id: string,
  stocks: readonly StockUse[],
  admission: ManagementOptions['admission'],
): QuotaUseView[] {
  const others = (admission?.uses(id) ?? []).filter(
    ({ quota }) => !(STOCK_NAMES as readonly string[]).includes(quota),
  );
  return [
    ...stocks.map(({ threshold: _, ...use }) => use),
    ...others.map(({ quota, levelId: of, limit, used, share }) => ({ quota, of, limit, used, share })),
  ];
}
