import { LRUCache } from 'lru-cache';
import { allEnded } from '../base/rejections.js';
import { textDigest } from '../base/text-digest.js';
import { type Encoder, encodeInto, isSlow, PatientCall } from '../encoders/encoder.js';
import { QueryVectors } from './query-vectors.js';
import type { ScoreRequest, ScoringContext } from './scorer.js';
import type { TextEntry } from './text-cache.js';

const VECTOR_BYTES = 300;
/** Share of the bytes that queries' vectors may take. */
const QUERY_SHARE = 0.25;

/**
 * Vectors of one encoder for a namespace's texts and queries, bounded in bytes. What an encoder has done is kept even
 * where the rest of a request failed. Concurrent misses may ask twice.
 */
export class VectorStore {
  private readonly vectors: LRUCache<string, Float32Array>;
  private readonly queries: QueryVectors;

  /**
   * `sharesKeyVectors`: the encoder is the key encoder, so vectors are kept where that one's are, in the texts' entries
   * and the namespace's `queryVectors`, and none here.
   */
  constructor(
    private readonly encoder: Encoder,
    private readonly context: ScoringContext,
    private readonly sharesKeyVectors: boolean,
  ) {
    const queryBytes = QUERY_SHARE * context.maxPairBytes;
    this.queries = sharesKeyVectors ? context.queryVectors : new QueryVectors(queryBytes);
    this.vectors = new LRUCache({ maxSize: Math.max(1, Math.floor(context.maxPairBytes - queryBytes)) });
  }

  /** Bytes held here (estimate). */
  get bytes(): number {
    return this.vectors.calculatedSize + (this.sharesKeyVectors ? 0 : this.queries.bytes);
  }

  /**
   * The vectors of a query and of texts, in order; `missing` counts the texts that were not known. Rejects as the encoder
   * does, once all it was asked for has ended.
   */
  async get(
    request: Pick<ScoreRequest, 'query' | 'texts' | 'signal'>,
  ): Promise<{ query: Float32Array; texts: Float32Array[]; missing: number }> {
    const { query, texts: entries, signal } = request;
    let queryVector = this.queries.get(query);
    const texts = entries.map((entry) => this.known(entry));
    const places = texts.flatMap((vector, place) => (vector === undefined ? [place] : []));
    const { encoder, context } = this;
    const work: Promise<void>[] = [];
    if (queryVector === undefined) {
      const call = new PatientCall(context.namespace, 'query', signal);
      const keep = (vector: Float32Array) => {
        queryVector = vector;
        this.queries.set(query, vector);
      };
      work.push(encodeInto(encoder, [query], call, keep));
    }
    if (places.length > 0) {
      const missing = places.map((place) => entries[place]!.text);
      const call = new PatientCall(context.namespace, 'document', signal);
      const keep = (vector: Float32Array, index: number) => {
        const place = places[index]!;
        texts[place] = vector;
        this.keep(entries[place]!, vector);
      };
      work.push(encodeInto(encoder, missing, call, keep));
    }
    await allEnded(work);
    return { query: queryVector!, texts: texts as Float32Array[], missing: places.length };
  }

  clear(): void {
    this.vectors.clear();
    this.queries.clear();
  }

  private known(entry: TextEntry): Float32Array | undefined {
    return this.sharesKeyVectors ? entry.vector : this.vectors.get(digestOf(entry));
  }

  private keep(entry: TextEntry, vector: Float32Array): void {
    if (!this.sharesKeyVectors) {
      this.vectors.set(digestOf(entry), vector, { size: VECTOR_BYTES + vector.byteLength });
      return;
    }
    this.context.texts.setVector(entry, vector, isSlow(this.encoder));
  }
}

/** Texts are paid for: their vectors are found again when their entries are not. */
function digestOf(entry: TextEntry): string {
  entry.digest ??= textDigest(entry.text);
  return entry.digest;
}
