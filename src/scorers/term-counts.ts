import type { DocumentFrequencies } from '../text/document-frequencies.js';
import type { QueryTerm } from './query-terms.js';
import type { SlotIndex } from './slot-index.js';
import type { TextAnalysis } from './text-analysis.js';

/** Finds the terms of one query in texts. What it gives is overwritten by the next text. */
export class TermCounts {
  /** By term: its place among the stems of the text, −1 where it is not there. */
  readonly places: Int32Array;
  /** By term: how often the text holds it. */
  readonly counts: Float32Array;
  /** By term: its stem's slot in the frequencies and epoch of the last text. */
  private slots: readonly number[] = [];
  private frequencies: DocumentFrequencies | undefined;
  private epoch = -1;

  /** `index`: scratch space, which others may use between texts. */
  constructor(
    private readonly terms: readonly QueryTerm[],
    private readonly index: SlotIndex,
  ) {
    this.places = new Int32Array(terms.length);
    this.counts = new Float32Array(terms.length);
  }

  /** Finds the terms in a text: one pass over its stems. */
  find({ slots, stride, size, frequencies }: TextAnalysis): void {
    const { places, counts, index } = this;
    this.fillIndex(frequencies);
    places.fill(-1);
    counts.fill(0);
    const { places: terms, base } = index;
    for (let place = 0; place < size; place++) {
      // Beyond the index there is nothing, and nothing is not at least 0.
      const term = terms[slots[place]!]! - base;
      if (!(term >= 0)) continue;
      places[term] = place;
      counts[term] = slots[2 * stride + place]!;
    }
  }

  /** Makes the index one from slots to terms, unless it still is. */
  private fillIndex(frequencies: DocumentFrequencies): void {
    const { terms, index } = this;
    if (this.frequencies !== frequencies || this.epoch !== frequencies.epoch) {
      this.slots = terms.map(({ stem }) => frequencies.slot(stem));
      this.frequencies = frequencies;
      this.epoch = frequencies.epoch;
    } else if (index.owner === this) {
      return;
    }
    index.start(frequencies.size);
    for (let term = 0; term < terms.length; term++) index.set(this.slots[term]!, term);
    index.owner = this;
  }
}

/** Mean of the texts' lengths, at least 1. */
export function meanLength(lengths: Float32Array, rows: Int32Array): number {
  let total = 0;
  for (let index = 0; index < rows.length; index++) total += lengths[rows[index]!]!;
  return Math.max(1, total / rows.length || 0);
}
