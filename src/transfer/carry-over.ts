import { MINIMAL_EXPOSURE } from '../namespaces/cell.js';
import type { DocumentKeys } from '../namespaces/document-keys.js';
import { EMPTY_WIDE, MAX_WIDE_DOCUMENTS } from '../namespaces/namespace-wide.js';
import { stateRow, wideRow } from '../namespaces/records.js';
import { examinationProbability } from '../ranking/examination.js';
import { INITIAL_BETA } from '../ranking/pheromone.js';
import type { Row } from '../stores/store.js';
import type { OriginalNamespace } from './original-files.js';
import type { OriginalPheromone } from './original-part.js';

/** What the original's state is carried over into. */
export interface CarryOverTarget {
  /** Milliseconds since the epoch; nothing is dated later. */
  readonly now: number;
  readonly evidenceCap: number;
  readonly propensityEta: number;
  /** The encoder in use: name, as it is stored (`name@version`), length of its vectors. */
  readonly encoder: { readonly name: string; readonly id: string; readonly dimension: number };
  /** Fingerprint of the hash key, stored with the state. */
  readonly hashKey: string;
  /** The encoder that made the original's vectors, as the operator says; the original never wrote it down. */
  readonly originalEncoder?: string;
  /** The keys by which memory knows documents. */
  readonly keys: Pick<DocumentKeys, 'ofId' | 'hashed'>;
}

/** What became of one namespace of the original. */
export interface CarryOverReport {
  readonly namespace: string;
  readonly files: readonly string[];
  /** Whether the original kept other namespaces in the same place. */
  readonly shared: boolean;
  readonly pheromones: {
    readonly carried: number;
    /** Nothing was left of their rewards. */
    readonly faded: number;
    /** Beyond what a namespace keeps; the weakest. */
    readonly beyond_limit: number;
    readonly unreadable: number;
    /** Sum of the counts of showings, which are not carried over. */
    readonly exposures_left_out: number;
  };
  readonly narrative: 'carried' | 'none' | 'unknown encoder' | 'other encoder' | 'other dimension';
  /** Length of the original's vector; null where it had none. */
  readonly narrative_dimension: number | null;
}

/** Showings the original counted: the first ten of a list. */
const COUNTED_RANKS = 10;

/**
 * The rows that continue a namespace of the original, and what was left behind.
 *
 * Pheromones: the rewards, as far as they had faded by then, become reward mass S; a reward takes at least one showing,
 * at a rank that is not known, so W = S × the mean examination of the first ten ranks. The original's counts of showings
 * stay behind: they never faded, and set against faded rewards every old document would count as passed over. Narrative:
 * carried only where the operator names the encoder in use and the dimension is its own; a vector of another encoder
 * says nothing here. Both start untrusted, as ever: they speak once feedback has confirmed them.
 */
export function carryOver(
  original: OriginalNamespace,
  target: CarryOverTarget,
): { readonly rows: Row[]; readonly report: CarryOverReport } {
  const { namespace, files, shared, pheromones, unreadable } = original;
  const alive = pheromones.filter(({ value }) => value * meanExamination(target) >= MINIMAL_EXPOSURE);
  const kept = alive.toSorted(byStrength).slice(0, MAX_WIDE_DOCUMENTS);
  const narrative = narrativeFate(original, target);
  const rows = kept.map((pheromone) => pheromoneRow(pheromone, target));
  const components = narrative === 'carried' ? original.narrative : null;
  // Without this record nothing would say that the ids are hashes.
  if (components !== null || target.keys.hashed) rows.push(stateOf(components, target));
  return {
    rows,
    report: {
      namespace,
      files,
      shared,
      pheromones: {
        carried: kept.length,
        faded: pheromones.length - alive.length,
        beyond_limit: alive.length - kept.length,
        unreadable,
        exposures_left_out: pheromones.reduce((sum, { exposures }) => sum + exposures, 0),
      },
      narrative,
      narrative_dimension: original.narrative?.length ?? null,
    },
  };
}

function byStrength(left: OriginalPheromone, right: OriginalPheromone): number {
  return right.value - left.value || (left.id < right.id ? -1 : 1);
}

function meanExamination({ propensityEta }: CarryOverTarget): number {
  let sum = 0;
  for (let rank = 1; rank <= COUNTED_RANKS; rank += 1) sum += examinationProbability(rank, propensityEta);
  return sum / COUNTED_RANKS;
}

function pheromoneRow({ id, value, at }: OriginalPheromone, target: CarryOverTarget): Row {
  const W = value * meanExamination(target);
  const scale = Math.min(1, target.evidenceCap / W);
  const decayedAt = at === 0 ? target.now : Math.min(at * 1000, target.now);
  return wideRow(target.keys.ofId(id), { S: value * scale, W: W * scale, decayedAt });
}

function narrativeFate(
  { narrative }: OriginalNamespace,
  { encoder, originalEncoder }: CarryOverTarget,
): CarryOverReport['narrative'] {
  if (narrative === null) return 'none';
  if (originalEncoder === undefined) return 'unknown encoder';
  if (originalEncoder !== encoder.name && originalEncoder !== encoder.id) return 'other encoder';
  return narrative.length === encoder.dimension ? 'carried' : 'other dimension';
}

/** No narrative is longer than one; the original's were of unit length but for rounding. */
function stateOf(components: readonly number[] | null, { encoder, hashKey, keys }: CarryOverTarget): Row {
  const length = Math.hypot(...(components ?? []));
  const vector = components && Float32Array.from(components, (component) => component / Math.max(1, length));
  return stateRow({
    encoder: encoder.id,
    scorer: '',
    hashKey,
    beta: INITIAL_BETA,
    feedbacks: 0,
    pinnedDimension: null,
    wide: { ...EMPTY_WIDE, vector },
    ...(keys.hashed ? { hashedIds: true } : {}),
  });
}
