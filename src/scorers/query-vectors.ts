import { LRUCache } from 'lru-cache';
import { vectorBytes } from '../base/vector-bytes.js';

/** Bytes of an entry besides its query and its vector. */
const ENTRY_BYTES = 200;

/** Vectors of one encoder for the queries of a namespace, bounded in bytes, least recently used first out. */
export class QueryVectors {
  private readonly vectors: LRUCache<string, Float32Array>;

  constructor(maxBytes: number) {
    this.vectors = new LRUCache({ maxSize: Math.max(1, Math.floor(maxBytes)) });
  }

  /** Bytes held (estimate). */
  get bytes(): number {
    return this.vectors.calculatedSize;
  }

  get(query: string): Float32Array | undefined {
    return this.vectors.get(query);
  }

  set(query: string, vector: Float32Array): void {
    this.vectors.set(query, vector, { size: ENTRY_BYTES + 2 * query.length + vectorBytes(vector.length) });
  }

  clear(): void {
    this.vectors.clear();
  }
}
