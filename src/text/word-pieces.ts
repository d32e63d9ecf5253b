/** Longest word that is looked up, in UTF-16 units, as in BERT's tokenizer; longer ones are unknown. */
const MAX_WORD_LENGTH = 100;
const CONTINUATION = '##';
const NONE: readonly number[] = [];

/**
 * Splits words into pieces of a WordPiece vocabulary, the longest that fits first. A word that cannot be split whole has
 * no pieces (BERT's unknown piece carries no vector here).
 */
export class WordPieces {
  private readonly starts = new Map<string, number>();
  private readonly continuations = new Map<string, number>();

  /** `vocabulary`: id by piece; pieces that continue a word begin with `##`. About 20 ms for 30 000 pieces. */
  constructor(vocabulary: Readonly<Record<string, number>>) {
    for (const piece in vocabulary) {
      const id = vocabulary[piece]!;
      if (piece.startsWith(CONTINUATION)) this.continuations.set(piece.slice(CONTINUATION.length), id);
      else this.starts.set(piece, id);
    }
  }

  /** Ids of a folded word's pieces. Quadratic in the word's length at worst. */
  split(word: string): readonly number[] {
    if (word.length > MAX_WORD_LENGTH) return NONE;
    const ids: number[] = [];
    let start = 0;
    while (start < word.length) {
      const table = start === 0 ? this.starts : this.continuations;
      let end = word.length;
      while (end > start && !table.has(word.slice(start, end))) end--;
      if (end === start) return NONE;
      ids.push(table.get(word.slice(start, end))!);
      start = end;
    }
    return ids;
  }
}
