import { decayFactor } from '../ranking/decay.js';
import { blend } from '../ranking/narrative.js';
import type { Evidence } from '../ranking/pheromone.js';
import { dot } from '../ranking/similarity.js';
import { componentTrust } from '../ranking/trust.js';
import {
  type LearningSettings,
  learnShowing,
  MINIMAL_EXPOSURE,
  type ShownDocument,
  selectedMean,
} from './cell.js';

/** Most documents with namespace-wide evidence; the least exposed is dropped beyond it. */
export const MAX_WIDE_DOCUMENTS = 16_384;
/** Pairs a window remembers. */
const WINDOW_SIZE = 500;

/** The last pairs (chosen, passed over above it) a component was judged by: `1` right, `0` wrong. */
export type PairWindow = string;

/** Appends outcomes, keeps the newest 500. */
export function extendWindow(window: PairWindow, outcomes: readonly boolean[]): PairWindow {
  return (window + outcomes.map((right) => (right ? '1' : '0')).join('')).slice(-WINDOW_SIZE);
}

/** Trust a window has earned; see `componentTrust`. */
export function windowTrust(window: PairWindow): number {
  let right = 0;
  for (let i = 0; i < window.length; i++) if (window[i] === '1') right++;
  return componentTrust(right, window.length);
}

/** Evidence of one document over the whole namespace. */
export interface WideEvidence extends Evidence {
  readonly decayedAt: number;
}

/** The part of namespace-wide memory that is small: narrative, windows and their trust. Replaced whole, never changed. */
export interface WideNarrative {
  /** EMA of accepted embeddings, not renormalised: its length ≤ 1 says how much of one topic there is. */
  readonly vector: Float32Array | null;
  readonly narrativeWindow: PairWindow;
  readonly pheromoneWindow: PairWindow;
  /** When a feedback last changed this, ms since the epoch; absent where nothing did, or its time was not kept. */
  readonly learnedAt?: number;
}

export const EMPTY_WIDE: WideNarrative = { vector: null, narrativeWindow: '', pheromoneWindow: '' };

/** Decayed evidence of one document at `now`; nothing where it is not known. */
export function wideEvidence(known: WideEvidence | undefined, now: number, halfLifeMs: number): Evidence {
  if (known === undefined) return { S: 0, W: 0 };
  const factor = decayFactor(known.decayedAt, now, halfLifeMs);
  return { S: known.S * factor, W: known.W * factor };
}

/** What a judge of pairs says of one shown document; null = it cannot tell. */
export type ComponentValue = (document: ShownDocument) => number | null;

/**
 * Judges a component by a feedback: the best ranked selected document that has one passed over above it, against the
 * nearest such. One pair at most, for pairs of one list agree with each other: with all of them a component of pure
 * chance passed the bound that takes them as independent (10 of 100 selected: in 97 % of runs after 20 feedbacks). Empty
 * where there is no such pair, or its two values are equal or unknown.
 */
export function judgePairs(shown: readonly ShownDocument[], scoreOf: ComponentValue): boolean[] {
  const byRank = [...shown].sort((left, right) => left.rank - right.rank);
  const place = byRank.findIndex(
    ({ selected }, rank) => selected && byRank.slice(0, rank).some((above) => !above.selected),
  );
  if (place < 0) return [];
  const passed = byRank.slice(0, place).findLast(({ selected }) => !selected);
  const value = scoreOf(byRank[place]);
  const other = passed === undefined ? null : scoreOf(passed);
  return value === null || other === null || value === other ? [] : [value > other];
}

/** Value of the namespace-wide narrative for a document, up to what all candidates share. */
export function narrativeValue(wide: WideNarrative): ComponentValue {
  const { vector } = wide;
  return ({ embedding }) => (vector === null || embedding === null ? null : dot(vector, embedding));
}

/** The narrative after a feedback that passed the gate: V ← (1 − α)V + α·mean, from V = 0. */
export function learnWideNarrative(
  vector: Float32Array | null,
  shown: readonly ShownDocument[],
  alpha: number,
): Float32Array | null {
  const accepted = selectedMean(shown);
  return accepted === null ? vector : blend(vector, accepted, alpha);
}

/** Evidence of the shown documents after a feedback. */
export function learnWideEvidence(
  known: ReadonlyMap<string, WideEvidence>,
  shown: readonly ShownDocument[],
  success: number,
  now: number,
  settings: LearningSettings,
): Map<string, WideEvidence> {
  const learned = new Map<string, WideEvidence>();
  for (const document of shown) {
    const before = known.get(document.key);
    const decayed = wideEvidence(before, now, settings.halfLifeMs);
    const start = decayed.W < MINIMAL_EXPOSURE ? { S: 0, W: 0 } : decayed;
    const decayedAt = Math.max(before?.decayedAt ?? now, now);
    learned.set(document.key, { ...learnShowing(start, document, success, settings), decayedAt });
  }
  return learned;
}
