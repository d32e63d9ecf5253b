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
 * Which limits of a pool would be set, by itself or by a tier, below what its family holds already, a sentence each; one
 * that was below before and is not lowered may stay, and so may one that only warns. The catalog itself sees to
 * `max_namespaces`.
 */
export function belowUse(before: Pool | undefined, after: Pool, use: FamilyUse): string[] {
  const problems: string[] = [];
  for (const name of CHECKED) {
    const limit = limitOf(after, name);
    if (limit === undefined || use[name] <= limit) continue;
    const isLowered = before === undefined || limit < (limitOf(before, name) ?? Number.POSITIVE_INFINITY);
    if (isLowered) problems.push(`${name} is below use: ${use[name]} > ${limit}`);
  }
  return problems;
}

/** Throws `AppError` 409 where a limit would be below use. */
export function checkNotBelowUse(...pools: Parameters<typeof belowUse>): void {
  const [problem] = belowUse(...pools);
  if (problem !== undefined) throw new AppError('CONFLICT', problem);
}

function limitOf({ tier, quotas }: Pool, name: (typeof CHECKED)[number]): number | undefined {
  const spec: QuotaSpec | undefined = quotas[name] ?? (tier === null ? undefined : TIER_QUOTAS[tier][name]);
  return spec === undefined || spec.action === 'alert' ? undefined : (spec.limit ?? undefined);
}
