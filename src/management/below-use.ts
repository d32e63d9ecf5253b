import { AppError } from '../base/errors.js';
import { type QuotaSpec, TIER_QUOTAS } from '../catalog/quota.js';
import type { NamespaceRecord } from '../catalog/record.js';
import type { FamilyUse } from './family-use.js';

/** Stocks that do not come down by themselves. Memory does: caches go first, and idle namespaces leave it. */
const CHECKED = ['max_vectors', 'max_storage_bytes'] as const satisfies readonly (keyof FamilyUse)[];

type Pool = Pick<NamespaceRecord, 'tier' | 'quotas'>;

/** Whether a pool bounds anything that has to be measured before it may be set. */
export function needsMeasure(pool: Pool): boolean {
  return CHECKED.some((name) => limitOf(pool, name) !== undefined);
}

/**
 * Checks that no limit of a pool is set, by itself or by a tier, below what its family holds already; one that was below
 * before and is not lowered may stay, and so may one that only warns. The catalog itself sees to `max_namespaces`. Throws
 * `AppError` 409.
 */
export function checkNotBelowUse(before: Pool | undefined, after: Pool, use: FamilyUse): void {
  for (const name of CHECKED) {
    const limit = limitOf(after, name);
    if (limit === undefined || use[name] <= limit) continue;
    const isLowered = before === undefined || limit < (limitOf(before, name) ?? Number.POSITIVE_INFINITY);
    if (isLowered) throw new AppError('CONFLICT', `${name} is below use: ${use[name]} > ${limit}`);
  }
}

function limitOf({ tier, quotas }: Pool, name: (typeof CHECKED)[number]): number | undefined {
  const spec: QuotaSpec | undefined = quotas[name] ?? (tier === null ? undefined : TIER_QUOTAS[tier][name]);
  return spec === undefined || spec.action === 'alert' ? undefined : (spec.limit ?? undefined);
}
