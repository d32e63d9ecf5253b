import { dot } from '../ranking/similarity.js';
import { CosineCounts } from './cosine-counts.js';

/** Most queries, in share, that may find an unrelated one as their neighbour. */
export const ALLOWED_SHARE = 0.045;
/** Fewest queries that say anything of so small a share. */
export const FEWEST_QUERIES = 50;
/** Thresholds are tried in hundredths below 1: at 1 no other text would ever be a neighbour. */
const HIGHEST = 99;

/** Why no τ can be measured. */
export class ThresholdError extends Error {
  override readonly name = 'ThresholdError';
}

/** How two queries stand to each other; of `neither` nothing is known, or they say the same. */
export type Relation = 'related' | 'unrelated' | 'neither';

/** Cosines of the pairs of one relation. */
export interface PairReport {
  readonly pairs: number;
  /** Share of them at or above τ; NaN where there are none. */
  readonly found: number;
  /** At 1, 5, 25, 50, 75, 95 and 99 percent, in steps of .001; NaN where there are none. */
  readonly quantiles: readonly number[];
}

export const QUANTILES = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99] as const;

export interface ThresholdReport {
  /** Cosine from which two queries should count as neighbours, in hundredths. */
  readonly tau: number;
  readonly queries: number;
  /** Share of the queries that find an unrelated one at τ, at most `ALLOWED_SHARE`. */
  readonly disturbed: number;
  readonly related: PairReport;
  readonly unrelated: PairReport;
}

/**
 * The τ of key vectors: the least at which few of the queries find one that is unrelated to them. Looks at every pair. Throws
 * `ThresholdError` where there are fewer than `FEWEST_QUERIES`, and where even at .99 too many find one.
 *
 * @param keys unit vectors, one for each query
 * @param relation of the queries at two places, the first the smaller; asked once for each pair
 * @param others cosines of further pairs that are related
 */
export function measureThreshold(
  keys: readonly Float32Array[],
  relation: (left: number, right: number) => Relation,
  others: readonly number[] = [],
): ThresholdReport {
  if (keys.length < FEWEST_QUERIES)
    throw new ThresholdError(`${keys.length} queries are too few to measure by: ${FEWEST_QUERIES} at least`);
  const counts = { related: new CosineCounts(), unrelated: new CosineCounts() };
  const nearest = new Float64Array(keys.length).fill(Number.NEGATIVE_INFINITY);
  for (const cosine of others) counts.related.add(cosine);
  for (let right = 1; right < keys.length; right++) {
    for (let left = 0; left < right; left++) {
      const related = relation(left, right);
      if (related === 'neither') continue;
      const cosine = dot(keys[left], keys[right]);
      counts[related].add(cosine);
      if (related === 'related') continue;
      nearest[left] = Math.max(nearest[left], cosine);
      nearest[right] = Math.max(nearest[right], cosine);
    }
  }
  const tau = leastThreshold(nearest);
  const report = (pairs: CosineCounts): PairReport => ({
    pairs: pairs.total,
    found: pairs.shareFrom(tau),
    quantiles: QUANTILES.map((q) => pairs.quantile(q)),
  });
  return {
    tau,
    queries: keys.length,
    disturbed: shareFrom(nearest, tau),
    related: report(counts.related),
    unrelated: report(counts.unrelated),
  };
}

function leastThreshold(nearest: Float64Array): number {
  for (let hundredths = 0; hundredths <= HIGHEST; hundredths++) {
    if (shareFrom(nearest, hundredths / 100) <= ALLOWED_SHARE) return hundredths / 100;
  }
  const share = Math.round(shareFrom(nearest, HIGHEST / 100) * 100);
  throw new ThresholdError(
    `the encoder cannot tell these queries apart: at .${HIGHEST} still ${share} % find an unrelated one`,
  );
}

function shareFrom(nearest: Float64Array, threshold: number): number {
  return nearest.reduce((count, cosine) => count + (cosine >= threshold ? 1 : 0), 0) / nearest.length;
}

/** Whether two sets have nothing in common. */
export function areDisjoint(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  const [few, many] = left.size < right.size ? [left, right] : [right, left];
  for (const item of few) if (many.has(item)) return false;
  return true;
}
