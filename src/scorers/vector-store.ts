import { LRUCache } from 'lru-cache';
import type { Encoder } from '../encoders/encoder.js';
import type { TextCache, TextEntry } from './text-cache.js';

const VECTOR_BYTES = 300;

/** Vectors of one encoder for a namespace's texts and queries, bounded in bytes. Concurrent misses may encode twice. */
export class VectorStore {
  private readonly vectors: LRUCache<string, Float32Array>;

  /**
   * `sharesKeyVectors`: the encoder is the key encoder, so texts' vectors are kept in their entries and only queries'
   * here. Rejections of the encoder pass through.
   */
  constructor(
    private readonly encoder: Encoder,
    private readonly texts: TextCache,
    private readonly sharesKeyVectors: boolean,
    maxBytes: number,
  ) {
    this.vectors = new LRUCache({ maxSize: Math.max(1, Math.floor(maxBytes)) });
  }

  /** Bytes held here (estimate). */
  get bytes(): number {
    return this.vectors.calculatedSize;
  }

  /** The vectors of a query and of texts, in order, encoding in one batch what is missing; `missing` counts texts. */
  async get(
    query: string,
    entries: readonly TextEntry[],
  ): Promise<{ query: Float32Array; texts: Float32Array[]; missing: number }> {
    const found = this.vectors.get(query);
    const texts = entries.map((entry) => this.known(entry));
    const places = texts.flatMap((vector, place) => (vector === undefined ? [place] : []));
    const wanted = places.map((place) => entries[place]!.text);
    if (found === undefined) wanted.push(query);
    const encoded = wanted.length === 0 ? [] : await this.encoder.encode(wanted);
    places.forEach((place, index) => {
      texts[place] = encoded[index]!;
      this.keepText(entries[place]!, encoded[index]!);
    });
    if (found === undefined) this.keep(query, encoded[places.length]!);
    return {
      query: found ?? encoded[places.length]!,
      texts: texts as Float32Array[],
      missing: places.length,
    };
  }

  clear(): void {
    this.vectors.clear();
  }

  private known(entry: TextEntry): Float32Array | undefined {
    return this.sharesKeyVectors ? entry.vector : this.vectors.get(entry.text);
  }

  private keepText(entry: TextEntry, vector: Float32Array): void {
    if (!this.sharesKeyVectors) {
      this.keep(entry.text, vector);
      return;
    }
    if (entry.vector === undefined) this.texts.grew(entry, vector.byteLength);
    entry.vector = vector;
  }

  private keep(text: string, vector: Float32Array): void {
    this.vectors.set(text, vector, { size: VECTOR_BYTES + 2 * text.length + vector.byteLength });
  }
}
