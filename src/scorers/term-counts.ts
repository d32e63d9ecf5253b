import type { QueryTerm } from './query-terms.js';
import type { SlotIndex } from './slot-index.js';
import type { TextAnalysis } from './text-analysis.js';

/** Place of each query term among the stems of a text, −1 where it is not there. One pass over the stems. */
export function termPlaces(
  terms: readonly QueryTerm[],
  analysis: TextAnalysis,
  index: SlotIndex,
): Int32Array {
  const { slots, size, frequencies } = analysis;
  index.start(frequencies.size);
  for (let term = 0; term < terms.length; term++) {
    const slot = frequencies.find(terms[term]!.stem);
    if (slot >= 0) index.set(slot, term);
  }
  const places = new Int32Array(terms.length).fill(-1);
  for (let place = 0; place < size; place++) {
    const term = index.get(slots[place]!);
    if (term >= 0) places[term] = place;
  }
  return places;
}

/** How often a text holds each query term. */
export function termCounts(places: Int32Array, { slots, size }: TextAnalysis): Float32Array {
  const counts = new Float32Array(places.length);
  for (let term = 0; term < places.length; term++) {
    if (places[term]! >= 0) counts[term] = slots[2 * size + places[term]!]!;
  }
  return counts;
}

/** Mean of the texts' lengths, at least 1. */
export function meanLength(lengths: Float32Array, rows: Int32Array): number {
  let total = 0;
  for (let index = 0; index < rows.length; index++) total += lengths[rows[index]!]!;
  return Math.max(1, total / rows.length || 0);
}
