import type { Lexicon, TextAnalysis } from './lexicon.js';
import type { QueryTerm } from './query-terms.js';
import type { SlotIndex } from './slot-index.js';

/** Finds the terms of one query in texts. What it gives is overwritten by the next text. */
export class TermCounts {
  /** By term: its place among the stems of the text, −1 where it is not there. */
  readonly places: Int32Array;
  /** By term: how often the text holds it. */
  readonly counts: Float32Array;
  /** By term: its stem's number in the lexicon and epoch of the last text. */
  private stems: readonly number[] = [];
  private lexicon: Lexicon | undefined;
  private epoch = -1;

  /** `index`: scratch space, which others may use between texts. */
  constructor(
    private readonly terms: readonly QueryTerm[],
    private readonly index: SlotIndex,
  ) {
    this.places = new Int32Array(terms.length);
    this.counts = new Float32Array(terms.length);
  }

  /** Finds the terms in a text: a look-up each in the one that was read last, one pass over the stems of any other. */
  find(analysis: TextAnalysis): void {
    this.follow(analysis.lexicon);
    const { places, counts, stems } = this;
    const { lists, stride } = analysis;
    const known = analysis.lexicon.placesIn(analysis);
    if (known === undefined) this.search(analysis);
    for (let term = 0; term < stems.length; term++) {
      if (known !== undefined) places[term] = (known[stems[term]!] ?? 0) - 1;
      const place = places[term]!;
      counts[term] = place < 0 ? 0 : lists[2 * stride + place]!;
    }
  }

  private search({ lists, size }: TextAnalysis): void {
    const { places, index } = this;
    this.fillIndex();
    places.fill(-1);
    const { places: terms, base } = index;
    for (let place = 0; place < size; place++) {
      // Beyond the index there is nothing, and nothing is not at least 0.
      const term = terms[lists[place]!]! - base;
      if (term >= 0) places[term] = place;
    }
  }

  private follow(lexicon: Lexicon): void {
    if (this.lexicon === lexicon && this.epoch === lexicon.epoch) return;
    this.stems = this.terms.map(({ stem }) => lexicon.number(stem));
    this.lexicon = lexicon;
    this.epoch = lexicon.epoch;
    this.index.owner = undefined;
  }

  /** Makes the index one from stems to terms, unless it still is. */
  private fillIndex(): void {
    const { index, stems } = this;
    if (index.owner === this) return;
    index.start(this.lexicon!.stemLimit);
    for (let term = 0; term < stems.length; term++) index.set(stems[term]!, term);
    index.owner = this;
  }
}

/** Mean of the texts' lengths, at least 1. */
export function meanLength(lengths: Float32Array, rows: Int32Array): number {
  let total = 0;
  for (let index = 0; index < rows.length; index++) total += lengths[rows[index]!]!;
  return Math.max(1, total / rows.length || 0);
}
