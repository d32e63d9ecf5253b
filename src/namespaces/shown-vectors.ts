import { LRUCache } from 'lru-cache';
import { vectorBytes } from '../base/vector-bytes.js';

/** Bytes kept of one namespace: some 2800 vectors of 192 numbers. */
const MAX_BYTES = 4 * 2 ** 20;
/** Bytes of a vector's hash and of its place. */
const ENTRY_BYTES = 180;

/**
 * Vectors of texts that were shown lately, by the hash of the text, for the feedback to come; those shown longest ago go
 * first. Each vector has a buffer of its own. Some 0.2 µs a text.
 */
export class ShownVectors {
  private readonly vectors: LRUCache<string, Float32Array>;

  /** `maxBytes`: bound of `bytes`. */
  constructor(maxBytes = MAX_BYTES) {
    this.vectors = new LRUCache({ maxSize: maxBytes });
  }

  /** Estimate of the bytes held. */
  get bytes(): number {
    return this.vectors.calculatedSize;
  }

  /** Keeps the vector of a text that is shown; one that was kept counts as the one shown last. */
  remember(textHash: string, vector: Float32Array): void {
    this.vectors.set(textHash, vector, { size: ENTRY_BYTES + vectorBytes(vector.length) });
  }

  get(textHash: string): Float32Array | null {
    return this.vectors.get(textHash) ?? null;
  }

  clear(): void {
    this.vectors.clear();
  }
}
