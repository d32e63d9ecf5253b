import { LRUCache } from 'lru-cache';
import type { EncodeCall, Encoder } from '../encoders/encoder.js';
import type { ScoreRequest } from './scorer.js';
import type { TextCache, TextEntry } from './text-cache.js';

const VECTOR_BYTES = 300;

export interface VectorStoreOptions {
  readonly encoder: Encoder;
  /** Name of the namespace. */
  readonly namespace: string;
  readonly texts: TextCache;
  /** The encoder is the key encoder: texts' vectors are kept in their entries, and only queries' here. */
  readonly sharesKeyVectors: boolean;
  readonly maxBytes: number;
}

/**
 * Vectors of one encoder for a namespace's texts and queries, bounded in bytes. What an encoder has done is kept even
 * where the rest of a request failed. Concurrent misses may ask twice.
 */
export class VectorStore {
  private readonly vectors: LRUCache<string, Float32Array>;
  private readonly queries: LRUCache<string, Float32Array>;

  constructor(private readonly options: VectorStoreOptions) {
    const maxSize = Math.max(1, Math.floor(options.maxBytes / 2));
    this.vectors = new LRUCache({ maxSize });
    this.queries = new LRUCache({ maxSize });
  }

  /** Bytes held here (estimate). */
  get bytes(): number {
    return this.vectors.calculatedSize + this.queries.calculatedSize;
  }

  /**
   * The vectors of a query and of texts, in order; `missing` counts the texts that were not known. Rejects as the encoder
   * does.
   */
  async get(
    request: Pick<ScoreRequest, 'query' | 'texts' | 'signal'>,
  ): Promise<{ query: Float32Array; texts: Float32Array[]; missing: number }> {
    const { query, texts: entries, signal } = request;
    const texts = entries.map((entry) => this.known(entry));
    const places = texts.flatMap((vector, place) => (vector === undefined ? [place] : []));
    const keptQuery = this.queries.get(query);
    const asked = keptQuery === undefined ? this.encode([query], 'query', signal) : [];
    const wanted = this.encode(
      places.map((place) => entries[place]!.text),
      'document',
      signal,
    );
    const kept = places.map(async (place, index) => {
      const vector = await wanted[index]!;
      texts[place] = vector;
      this.keepText(entries[place]!, vector);
    });
    const encodedQuery = asked[0]?.then((vector) => {
      keep(this.queries, query, vector);
      return vector;
    });
    const [found] = await Promise.all([keptQuery ?? encodedQuery!, ...kept]);
    return { query: found, texts: texts as Float32Array[], missing: places.length };
  }

  clear(): void {
    this.vectors.clear();
    this.queries.clear();
  }

  private encode(
    texts: readonly string[],
    role: EncodeCall['role'],
    signal: AbortSignal | undefined,
  ): readonly Promise<Float32Array>[] {
    if (texts.length === 0) return [];
    const { encoder, namespace } = this.options;
    const call = { namespace, role, signal };
    if (encoder.encodeEach !== undefined) return encoder.encodeEach(texts, call);
    const all = encoder.encode(texts, call);
    return texts.map((_, index) => all.then((vectors) => vectors[index]!));
  }

  private known(entry: TextEntry): Float32Array | undefined {
    return this.options.sharesKeyVectors ? entry.vector : this.vectors.get(entry.text);
  }

  private keepText(entry: TextEntry, vector: Float32Array): void {
    const { sharesKeyVectors, texts } = this.options;
    if (!sharesKeyVectors) {
      keep(this.vectors, entry.text, vector);
      return;
    }
    if (entry.vector === undefined) texts.grew(entry, vector.byteLength);
    entry.vector = vector;
  }
}

function keep(cache: LRUCache<string, Float32Array>, text: string, vector: Float32Array): void {
  cache.set(text, vector, { size: VECTOR_BYTES + 2 * text.length + vector.byteLength });
}
