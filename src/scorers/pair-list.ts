import type { StemSums } from '../text/document-frequencies.js';
import type { BaseScores } from './scorer.js';
import type { TextEntry } from './text-cache.js';

/** Sums the features of a list's pairs with today's idf of each query term. */
export type BlendPairs = (idfs: Float64Array) => Pick<BaseScores, 'scores' | 'parts'>;

/** Bytes a pair takes here (estimate), besides those of each term. */
const PAIR_BYTES = 60;
const PAIR_TERM_BYTES = 12;
const STEM_BYTES = 8;

/**
 * The pairs of one request, with all that follows from them and not from document frequencies. A query that meets the
 * same texts in the same order again needs nothing but this.
 */
export class PairList {
  /** Of the texts' entries, in the request's order. Numbers, so that no text is kept alive. */
  private readonly textIds: readonly number[];
  /** Whether the list has come back. */
  isRepeated = false;
  /** The stems of the texts together, once they were needed, with the epoch of the frequencies that number them. */
  stems: { readonly sums: StemSums; readonly epoch: number } | undefined;

  /** `shares`: by term, of the candidates that hold it; `priors`: of documents in general. */
  constructor(
    texts: readonly TextEntry[],
    readonly shares: Float64Array,
    readonly priors: Float64Array,
    readonly blend: BlendPairs,
  ) {
    this.textIds = texts.map(({ id }) => id);
  }

  /** Number of pairs. */
  get length(): number {
    return this.textIds.length;
  }

  /** Bytes held (estimate). */
  get bytes(): number {
    const stems = this.stems?.sums.slots.length ?? 0;
    return this.textIds.length * (PAIR_BYTES + PAIR_TERM_BYTES * this.shares.length) + STEM_BYTES * stems;
  }

  /** Whether the list is that of these texts. */
  isOf(texts: readonly TextEntry[]): boolean {
    const { textIds } = this;
    if (texts.length !== textIds.length) return false;
    for (let index = 0; index < textIds.length; index++)
      if (texts[index]!.id !== textIds[index]) return false;
    return true;
  }
}
