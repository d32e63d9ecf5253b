import type { PairList } from './pair-list.js';
import type { QueryTerm } from './query-terms.js';

/** Pairs of one query kept at most; then they start again. Well above the most documents of a request. */
const MAX_PAIRS = 8192;
const FIRST_CAPACITY = 16;
const BASE_BYTES = 600;
const TERM_BYTES = 150;
/** Bytes of a pair's place in the map. */
const PLACE_BYTES = 40;

/** What was measured of a pair of query and text; arrays by term, in the query's order. */
export interface PairFeatures {
  /** Content words of the text. */
  readonly length: number;
  /** How often the text holds the term. */
  readonly counts: Float32Array;
  /** 1 = the term is among the text's first words. Empty where the scorer does not ask. */
  readonly heads: Uint8Array;
  /** For terms the text does not hold, the largest similarity of a word in it, in [0, 1]; else 0. Empty likewise. */
  readonly similarities: Float32Array;
  /** Cosine of the pooled vectors; 0 likewise. */
  readonly cosine: number;
}

/**
 * The features of one query's pairs, none of which depends on document frequencies or on the other candidates. Rows of
 * plain arrays, so that a request over known pairs only sums.
 */
export class QueryPairs {
  /** By row. The second is empty unless `soft`. */
  lengths: Float32Array;
  cosines: Float64Array;
  /** By row and term: element `row * terms.length + term`. The last two are empty likewise. */
  counts: Float32Array;
  similarities: Float32Array;
  heads: Uint8Array;
  /** The query's pooled vector, once it was needed. */
  vector: Float32Array | undefined;
  /** By term. */
  readonly stems: readonly string[];
  /** The pairs of the last request. */
  list: PairList | undefined;
  /** Texts' numbers by row. */
  private readonly textIds: number[] = [];
  /** The other way round, for the first `indexed` rows: what is asked once needs none. */
  private readonly rows = new Map<number, number>();
  private indexed = 0;
  private capacity: number;

  /** `expected`: so many pairs need no room made later. */
  constructor(
    readonly query: string,
    readonly terms: readonly QueryTerm[],
    private readonly soft: boolean,
    expected = 0,
  ) {
    this.capacity = Math.min(MAX_PAIRS, Math.max(FIRST_CAPACITY, expected));
    this.lengths = new Float32Array(this.capacity);
    this.cosines = new Float64Array(soft ? this.capacity : 0);
    this.stems = terms.map(({ stem }) => stem);
    const cells = this.capacity * terms.length;
    this.counts = new Float32Array(cells);
    this.similarities = new Float32Array(soft ? cells : 0);
    this.heads = new Uint8Array(soft ? cells : 0);
  }

  /** Bytes held (estimate). */
  get bytes(): number {
    const arrays = [this.lengths, this.cosines, this.counts, this.similarities, this.heads];
    const held = arrays.reduce((sum, array) => sum + array.byteLength, 0) + (this.vector?.byteLength ?? 0);
    return (
      BASE_BYTES +
      2 * this.query.length +
      TERM_BYTES * this.terms.length +
      PLACE_BYTES * this.textIds.length +
      (this.list?.bytes ?? 0) +
      held
    );
  }

  /** Number of pairs. */
  get size(): number {
    return this.textIds.length;
  }

  /** The row of a text by its entry's id, or −1. */
  row(textId: number): number {
    const { rows, textIds } = this;
    for (; this.indexed < textIds.length; this.indexed++) rows.set(textIds[this.indexed]!, this.indexed);
    return rows.get(textId) ?? -1;
  }

  /** Adds a pair and returns its row, which stays good until the pairs start again (`isFull`). */
  add(textId: number, features: PairFeatures): number {
    const row = this.textIds.push(textId) - 1;
    if (row >= this.capacity) this.grow();
    this.lengths[row] = features.length;
    if (this.soft) this.cosines[row] = features.cosine;
    let cell = row * this.terms.length;
    for (let term = 0; term < this.terms.length; term++, cell++) {
      this.counts[cell] = features.counts[term]!;
      if (!this.soft) continue;
      this.similarities[cell] = features.similarities[term]!;
      this.heads[cell] = features.heads[term]!;
    }
    return row;
  }

  /** Whether a request with `count` new pairs should begin with empty ones of the same query. */
  isFull(count: number): boolean {
    return this.textIds.length + count > MAX_PAIRS;
  }

  /** The same query without its pairs. */
  restarted(): QueryPairs {
    const fresh = new QueryPairs(this.query, this.terms, this.soft);
    fresh.vector = this.vector;
    return fresh;
  }

  private grow(): void {
    this.capacity *= 2;
    const cells = this.capacity * this.terms.length;
    this.lengths = copyTo(new Float32Array(this.capacity), this.lengths);
    this.counts = copyTo(new Float32Array(cells), this.counts);
    if (!this.soft) return;
    this.cosines = copyTo(new Float64Array(this.capacity), this.cosines);
    this.similarities = copyTo(new Float32Array(cells), this.similarities);
    this.heads = copyTo(new Uint8Array(cells), this.heads);
  }
}

function copyTo<T extends Float32Array | Float64Array | Uint8Array>(target: T, source: T): T {
  target.set(source);
  return target;
}
