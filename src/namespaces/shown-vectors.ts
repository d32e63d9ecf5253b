/** Bytes kept of one namespace: some 4000 vectors. */
const MAX_BYTES = 4 * 2 ** 20;
/** Bytes of a kept vector besides its components. */
const OVERHEAD_BYTES = 150;
/**
 * A text shown again is not kept again while its vector is among the newest, this share of all there is room for: as long
 * as a namespace shows no more texts than that, none goes.
 */
const FRESH_SHARE = 1 / 2;

/** A text as far as it matters here. */
export interface ShownText {
  readonly vector: Float32Array | undefined;
  /** The number under which its vector was kept last; undefined = never. */
  shownAs: number | undefined;
}

/**
 * Vectors of texts that were shown lately, by the hash of the text, for the feedback to come. They stand in a ring, for each
 * request shows ten and few are told of: keeping one is two writes, and where it is gets worked out when somebody asks.
 */
export class ShownVectors {
  private readonly capacity: number;
  /** By place in the ring. */
  private readonly hashes: string[] = [];
  private readonly vectors: Float32Array[] = [];
  /** The number of the next one, and that of the first since all were forgotten. */
  private next = 0;
  private start = 0;
  /** Newest number of a hash, as far as looked through; up to three times as many as there are vectors, for some are gone. */
  private readonly numbers = new Map<string, number>();
  private lookedThrough = 0;

  constructor(
    /** Length of every vector. */
    private readonly dimension: number,
    maxBytes = MAX_BYTES,
  ) {
    this.capacity = Math.max(1, Math.floor(maxBytes / this.bytesEach));
  }

  get bytes(): number {
    return (this.next - this.oldest) * this.bytesEach;
  }

  /** Keeps a text's vector, if it has one, in place of the oldest where all is taken. */
  remember(text: ShownText, textHash: string): void {
    const { vector, shownAs } = text;
    if (vector === undefined) return;
    const fresh = Math.max(this.start, this.next - FRESH_SHARE * this.capacity);
    if (shownAs !== undefined && shownAs >= fresh) return;
    const place = this.placeOf(this.next);
    this.hashes[place] = textHash;
    this.vectors[place] = vector;
    text.shownAs = this.next++;
  }

  /** Costs a step for each vector kept since the last look-up. */
  get(textHash: string): Float32Array | null {
    this.lookThrough();
    const number = this.numbers.get(textHash) ?? -1;
    return number >= this.oldest ? this.vectors[this.placeOf(number)]! : null;
  }

  clear(): void {
    this.hashes.length = 0;
    this.vectors.length = 0;
    this.numbers.clear();
    this.start = this.next;
  }

  private placeOf(number: number): number {
    return (number - this.start) % this.capacity;
  }

  private get bytesEach(): number {
    return this.dimension * Float32Array.BYTES_PER_ELEMENT + OVERHEAD_BYTES;
  }

  private get oldest(): number {
    return Math.max(this.start, this.next - this.capacity);
  }

  private lookThrough(): void {
    if (this.numbers.size > 2 * this.capacity) {
      this.numbers.clear();
      this.lookedThrough = 0;
    }
    for (let number = Math.max(this.lookedThrough, this.oldest); number < this.next; number++)
      this.numbers.set(this.hashes[this.placeOf(number)]!, number);
    this.lookedThrough = this.next;
  }
}
