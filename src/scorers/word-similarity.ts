import { LRUCache } from 'lru-cache';
import type { Lexicon, TextAnalysis } from './lexicon.js';

/** What a word-vector model knows of one word; opaque here. */
export interface WordForm {
  readonly pieces: readonly number[];
  readonly scale: number;
}

/** The static word vectors that soft matching and the pooled cosine need; the static encoder has them. */
export interface WordVectors {
  readonly name: string;
  readonly version: string;
  /** Pooled vector of a text, unit length or zero. */
  encodeText(text: string): Float32Array;
  form(word: string): WordForm;
  /** Unit vector of a form, or zero. */
  vector(form: WordForm): Float32Array;
  /** Cosine of a unit vector and a form's vector. */
  cosine(vector: Float32Array, form: WordForm): number;
}

/** Cosine up to which two words have nothing to do with each other. */
const THRESHOLD = 0.3;
/** Levels: 0 = not computed yet, 1 = nothing in common, 2 to 255 = ever more alike. */
const UNKNOWN = 0;
const UNRELATED = 1;
const LEVELS = 254;
const ROW_BYTES = 400;
/** Rows have room for a quarter more words than there are, in whole kilobytes. */
const ROW_GROWTH = 1.25;
const ROW_STEP = 1024;

/** How alike one query word is to the words of the lexicon. */
export interface SimilarityRow {
  readonly vector: Float32Array;
  /** Epoch of the lexicon. */
  readonly epoch: number;
  /** By word id; coarse, so a row is small: the best words of a text are computed exactly. */
  readonly levels: Uint8Array;
}

/**
 * Similarities between query words and text words, from the model alone and so shared by all namespaces: a row of bytes
 * per query word, filled as words are met, least recently used first out.
 */
export class WordSimilarity {
  private readonly rows: LRUCache<string, SimilarityRow>;
  private forms: (WordForm | undefined)[] = [];
  private epoch: number;

  /** `maxBytes`: bound of the rows together. */
  constructor(
    private readonly vectors: WordVectors,
    private readonly lexicon: Lexicon,
    maxBytes: number,
  ) {
    this.rows = new LRUCache({ maxSize: maxBytes });
    this.epoch = lexicon.epoch;
  }

  /** Bytes held (estimate). */
  get bytes(): number {
    return this.rows.calculatedSize + 8 * this.forms.length;
  }

  /**
   * The row of a query word, with room for every word of the lexicon. Good until the next pause; after that, `earlier`
   * spares the look-up where it still is.
   */
  row(word: string, earlier?: SimilarityRow): SimilarityRow {
    const { size, epoch } = this.lexicon;
    if (earlier !== undefined && earlier.epoch === epoch && earlier.levels.length >= size) return earlier;
    this.followLexicon();
    const known = this.rows.get(word);
    if (known !== undefined && known.levels.length >= size) return known;
    const levels = new Uint8Array(ROW_STEP * Math.ceil((ROW_GROWTH * size) / ROW_STEP));
    if (known !== undefined) levels.set(known.levels);
    const row = { vector: known?.vector ?? this.vectors.vector(this.vectors.form(word)), epoch, levels };
    this.rows.set(word, row, { size: ROW_BYTES + 4 * row.vector.length + levels.length });
    return row;
  }

  /**
   * The largest max(0, (s − .3)/.7) over the words of a text, s = cosine with the row's word. In [0, 1]. 1–2 ns for a
   * known word, some 0.1 µs for a new one.
   */
  closest(row: SimilarityRow, analysis: TextAnalysis): number {
    const { lists, stride, size } = analysis;
    const { levels } = row;
    let best = UNRELATED + 1;
    let ties = 0;
    let first = -1;
    // Most words are less alike than the best so far: one comparison tells.
    for (let place = stride; place < stride + size; place++) {
      const id = lists[place]!;
      let level = levels[id]!;
      if (level < best) {
        if (level !== UNKNOWN) continue;
        level = this.fill(row, id);
        if (level < best) continue;
      }
      ties = level > best || first < 0 ? 0 : ties + 1;
      if (ties === 0) first = id;
      best = level;
    }
    if (first < 0) return 0;
    return ties === 0 ? this.exact(row, first) : this.closestAt(best, row, analysis);
  }

  clear(): void {
    this.rows.clear();
    this.forms = [];
  }

  /** The largest exact value among the words at one level. */
  private closestAt(level: number, row: SimilarityRow, { lists, stride, size }: TextAnalysis): number {
    let best = 0;
    for (let place = stride; place < stride + size; place++) {
      const id = lists[place]!;
      if (row.levels[id] === level) best = Math.max(best, this.exact(row, id));
    }
    return best;
  }

  private fill(row: SimilarityRow, id: number): number {
    const similarity = this.exact(row, id);
    const level = similarity <= 0 ? UNRELATED : 2 + Math.min(LEVELS - 1, Math.floor(similarity * LEVELS));
    row.levels[id] = level;
    return level;
  }

  private exact(row: SimilarityRow, id: number): number {
    let form = this.forms[id];
    if (form === undefined) {
      form = this.vectors.form(this.lexicon.word(id));
      this.forms[id] = form;
    }
    return Math.max(0, (this.vectors.cosine(row.vector, form) - THRESHOLD) / (1 - THRESHOLD));
  }

  private followLexicon(): void {
    if (this.epoch === this.lexicon.epoch) return;
    this.epoch = this.lexicon.epoch;
    this.rows.clear();
    this.forms = [];
  }
}
