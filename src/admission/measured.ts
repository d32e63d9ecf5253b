import type { QuotaName } from '../catalog/quota.js';

/** How much of a quota is used. */
export interface QuotaUse {
  /** Whose pool it is. */
  readonly levelId: string;
  readonly quota: QuotaName;
  /** In the unit of `limit`; of a rate what is in its bucket, of memory bytes. */
  readonly used: number;
  readonly limit: number;
  /** Used share, ≥ 0; 1 and more = used up. */
  readonly share: number;
  /** Share from which it is warned of. */
  readonly threshold: number;
}

/** A quota of a pool that can be used up. */
export interface Measured extends Omit<QuotaUse, 'used' | 'share'> {
  /** Without making a state for it. */
  used(now: number): number;
}

const NONE: readonly QuotaUse[] = Object.freeze([]);

export function useOf(measured: Measured, now: number): QuotaUse {
  const { levelId, quota, limit, threshold } = measured;
  const used = measured.used(now);
  return { levelId, quota, used, limit, share: shareOf(used, limit), threshold };
}

/** Those that are used to their threshold or beyond. */
export function nearUses(all: readonly Measured[], now: number): readonly QuotaUse[] {
  let near: QuotaUse[] | undefined;
  for (const measured of all) {
    if (shareOf(measured.used(now), measured.limit) < measured.threshold) continue;
    near ??= [];
    near.push(useOf(measured, now));
  }
  return near ?? NONE;
}

/** Of a limit of 0 all is used. */
function shareOf(used: number, limit: number): number {
  return limit > 0 ? used / limit : 1;
}
