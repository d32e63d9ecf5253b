import { decayFactor } from '../ranking/decay.js';
import { examinationProbability } from '../ranking/examination.js';
import { blend, meanOf } from '../ranking/narrative.js';
import { signBitCosine, signBits } from '../ranking/similarity.js';
import type { QueryGuard } from '../text/query-guard.js';

/** What is known of one document within a cell, or namespace-wide. */
export interface DocumentEvidence {
  /** Reward mass. */
  S: number;
  /** Expected examinations; the exposure count, weighted by how likely each showing was seen. */
  W: number;
  /** Keyed hash of the text when it was first shown, and the sign bits of its embedding, if that was known. */
  textHash: string;
  bits: Uint8Array | null;
}

/** What is remembered of one query: never its text. */
export interface Cell {
  /** Keyed hash of the normalised text. */
  readonly id: string;
  /** Encoder `key` and `v` come from; vectors of others are never compared. */
  encoder: string;
  /** Fixed when the cell is made; null = only the same text finds it. */
  key: Float32Array | null;
  readonly guard: QueryGuard;
  /** Feedbacks applied; not decayed. */
  feedbacks: number;
  /** When S, W and n were last decayed, ms since the epoch. */
  decayedAt: number;
  /** Running mean of accepted documents' embeddings, and its mass n. */
  narrative: Float32Array | null;
  mass: number;
  documents: Map<string, DocumentEvidence>;
}

/** How often the cell was right and wrong about others' feedback, and when it was last used. Kept apart: it changes often. */
export interface CellUse {
  right: number;
  wrong: number;
  lastUsedAt: number;
}

export const INITIAL_USE = { right: 2, wrong: 1 } as const;
/** Sum at which both counts are halved. */
const MAX_JUDGEMENTS = 64;
/** Evidence below this is forgotten. */
export const MINIMAL_EXPOSURE = 0.001;

/** Settings of learning; see the settings table for ranges and defaults. */
export interface LearningSettings {
  readonly halfLifeMs: number;
  readonly evidenceCap: number;
  readonly propensityEta: number;
  readonly narrativeAlpha: number;
  readonly successGate: number;
  readonly documentsPerCell: number;
}

/** A document as it was shown, with what is known of it when feedback arrives. */
export interface ShownDocument {
  readonly key: string;
  readonly textHash: string;
  /** Rank from 1. */
  readonly rank: number;
  readonly selected: boolean;
  readonly embedding: Float32Array | null;
}

/** Decayed evidence at `now`, without writing it. */
export function decayedEvidence(cell: Cell, now: number, halfLifeMs: number): { S: number; W: number }[] {
  const factor = decayFactor(cell.decayedAt, now, halfLifeMs);
  return [...cell.documents.values()].map(({ S, W }) => ({ S: S * factor, W: W * factor }));
}

/** Decayed exposure over all documents of a cell. */
export function totalExposure(cell: Cell, now: number, halfLifeMs: number): number {
  const factor = decayFactor(cell.decayedAt, now, halfLifeMs);
  let sum = 0;
  for (const { W } of cell.documents.values()) sum += W * factor;
  return sum;
}

/** One showing of a document: examined with θ, clicked or passed over, capped, so that it forgets by visits. */
export function learnShowing(
  before: { S: number; W: number },
  shown: ShownDocument,
  success: number,
  settings: LearningSettings,
): { S: number; W: number } {
  const S = before.S + (shown.selected ? success : 0);
  const W = before.W + examinationProbability(shown.rank, settings.propensityEta);
  const scale = W > settings.evidenceCap ? settings.evidenceCap / W : 1;
  return { S: S * scale, W: W * scale };
}

/** The cell after one feedback; the one given stays as it was. Steps 2–5 of learning. */
export function learnFeedback(
  cell: Cell,
  shown: readonly ShownDocument[],
  success: number,
  now: number,
  settings: LearningSettings,
): Cell {
  const factor = decayFactor(cell.decayedAt, now, settings.halfLifeMs);
  const documents = new Map<string, DocumentEvidence>();
  for (const [key, evidence] of cell.documents) {
    const W = evidence.W * factor;
    if (W >= MINIMAL_EXPOSURE) documents.set(key, { ...evidence, S: evidence.S * factor, W });
  }
  for (const document of shown) {
    const before = currentEvidence(documents.get(document.key), document);
    documents.set(document.key, { ...before, ...learnShowing(before, document, success, settings) });
  }
  return {
    ...cell,
    ...learnNarrative(cell, shown, success, factor, settings),
    documents: boundDocuments(documents, settings.documentsPerCell),
    feedbacks: cell.feedbacks + 1,
    decayedAt: Math.max(cell.decayedAt, now),
  };
}

/** Cosine to the old embedding below which a text with another hash counts as changed for good. */
const SAME_TEXT_COSINE = 0.9;
/** Share of the evidence that a changed text keeps, once. */
const CHANGED_TEXT_SHARE = 0.25;

function currentEvidence(known: DocumentEvidence | undefined, shown: ShownDocument): DocumentEvidence {
  const bits = shown.embedding === null ? null : signBits(shown.embedding);
  if (known === undefined) return { S: 0, W: 0, textHash: shown.textHash, bits };
  if (known.textHash === shown.textHash) return known.bits === null ? { ...known, bits } : known;
  if (known.bits === null || bits === null || known.bits.length !== bits.length) return known;
  if (signBitCosine(known.bits, bits, shown.embedding?.length ?? 1) >= SAME_TEXT_COSINE) return known;
  return { S: known.S * CHANGED_TEXT_SHARE, W: known.W * CHANGED_TEXT_SHARE, textHash: shown.textHash, bits };
}

function learnNarrative(
  cell: Cell,
  shown: readonly ShownDocument[],
  success: number,
  factor: number,
  settings: LearningSettings,
): Pick<Cell, 'narrative' | 'mass'> {
  const mass = cell.mass * factor;
  const accepted = success >= settings.successGate ? selectedMean(shown) : null;
  if (accepted === null) return { narrative: cell.narrative, mass };
  const share = cell.narrative === null ? 1 : Math.max(settings.narrativeAlpha, 1 / (mass + 1));
  return { narrative: blend(cell.narrative, accepted, share), mass: mass + 1 };
}

/** Mean embedding of the selected documents whose embedding is known; null for none. */
export function selectedMean(shown: readonly ShownDocument[]): Float32Array | null {
  return meanOf(
    shown.flatMap(({ selected, embedding }) => (selected && embedding !== null ? [embedding] : [])),
  );
}

function boundDocuments(
  documents: Map<string, DocumentEvidence>,
  limit: number,
): Map<string, DocumentEvidence> {
  if (documents.size <= limit) return documents;
  const strongest = [...documents].sort(([, left], [, right]) => right.W - left.W).slice(0, limit);
  return new Map(strongest);
}

/** Counts a judgement about a neighbour's feedback; both counts are halved when they get large. */
export function judged(use: CellUse, wasRight: boolean): CellUse {
  const right = use.right + (wasRight ? 1 : 0);
  const wrong = use.wrong + (wasRight ? 0 : 1);
  const scale = right + wrong > MAX_JUDGEMENTS ? 0.5 : 1;
  return { ...use, right: right * scale, wrong: wrong * scale };
}
