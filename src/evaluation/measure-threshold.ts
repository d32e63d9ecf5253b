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

/** Queries as a memory meets them, by their places: those that are asked and those it knows. */
export interface Meeting {
  readonly asked: readonly number[];
  readonly known: readonly number[];
}

/** Queries with how they stand to each other. */
export interface ThresholdInput {
  /** Unit vectors, one for each query. */
  readonly keys: readonly Float32Array[];
  /** Of the queries at two places. */
  readonly relation: (left: number, right: number) => Relation;
  /** Default: each query is asked where all the others are known. */
  readonly meetings?: readonly Meeting[];
  /** Cosines of further pairs that are related. */
  readonly otherRelated?: readonly number[];
}

/** Cosines of the pairs of one relation. */
export interface PairReport {
  readonly pairs: number;
  /** Share of them at or above τ; NaN where there are none. */
  readonly found: number;
  /** At `QUANTILES`, in steps of .001; NaN where there are none. */
  readonly quantiles: readonly number[];
}

export const QUANTILES = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99] as const;

export interface ThresholdReport {
  /** Cosine from which two queries should count as neighbours, in hundredths. */
  readonly tau: number;
  readonly queries: number;
  /** Share of the asked queries that find an unrelated one at τ, at most `ALLOWED_SHARE`. */
  readonly disturbed: number;
  readonly related: PairReport;
  readonly unrelated: PairReport;
}

/**
 * The τ of key vectors: the least at which few of the asked queries find one that is unrelated to them. Looks at every
 * pair. Throws `ThresholdError` where there are fewer than `FEWEST_QUERIES`, and where even at .99 too many find one.
 */
export function measureThreshold(input: ThresholdInput): ThresholdReport {
  const { keys } = input;
  if (keys.length < FEWEST_QUERIES) {
    throw new ThresholdError(
      `${keys.length} queries are too few to measure by: ${FEWEST_QUERIES} at least, with relevant documents`,
    );
  }
  const { related, unrelated } = countPairs(input);
  const everyone = [...keys.keys()];
  const meetings = input.meetings ?? [{ asked: everyone, known: everyone }];
  const nearest = meetings.flatMap((meeting) => nearestUnrelated(input, meeting));
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
    related: report(related),
    unrelated: report(unrelated),
  };
}

function countPairs({ keys, relation, otherRelated = [] }: ThresholdInput) {
  const counts = { related: new CosineCounts(), unrelated: new CosineCounts() };
  for (const cosine of otherRelated) counts.related.add(cosine);
  for (let right = 1; right < keys.length; right++) {
    for (let left = 0; left < right; left++) {
      const kind = relation(left, right);
      if (kind !== 'neither') counts[kind].add(dot(keys[left], keys[right]));
    }
  }
  return counts;
}

/** For each asked query the largest cosine to an unrelated known one; −∞ where there is none. */
function nearestUnrelated({ keys, relation }: ThresholdInput, { asked, known }: Meeting): number[] {
  return asked.map((query) => {
    let largest = Number.NEGATIVE_INFINITY;
    for (const other of known) {
      if (other === query || relation(query, other) !== 'unrelated') continue;
      largest = Math.max(largest, dot(keys[query], keys[other]));
    }
    return largest;
  });
}

function leastThreshold(nearest: readonly number[]): number {
  for (let hundredths = 0; hundredths <= HIGHEST; hundredths++) {
    if (shareFrom(nearest, hundredths / 100) <= ALLOWED_SHARE) return hundredths / 100;
  }
  const share = Math.round(shareFrom(nearest, HIGHEST / 100) * 100);
  throw new ThresholdError(
    `the encoder cannot tell these queries apart: at .${HIGHEST} still ${share} % find an unrelated one`,
  );
}

function shareFrom(nearest: readonly number[], threshold: number): number {
  return nearest.filter((cosine) => cosine >= threshold).length / nearest.length;
}

/** Whether two sets have nothing in common. */
export function areDisjoint(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  const [few, many] = left.size < right.size ? [left, right] : [right, left];
  for (const item of few) if (many.has(item)) return false;
  return true;
}
