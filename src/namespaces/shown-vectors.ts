import { LRUCache } from 'lru-cache';

/** Bytes kept of one namespace: some 4000 vectors. */
const MAX_BYTES = 4 * 2 ** 20;
/** Bytes of a kept vector besides its components. */
const OVERHEAD_BYTES = 150;

/** Vectors of texts that were shown lately, by the hash of the text, for the feedback to come. */
export class ShownVectors {
  private readonly vectors = new LRUCache<string, Float32Array>({ maxSize: MAX_BYTES });

  get bytes(): number {
    return this.vectors.calculatedSize;
  }

  remember(textHash: string, vector: Float32Array): void {
    if (this.vectors.get(textHash) === vector) return;
    this.vectors.set(textHash, vector, { size: vector.byteLength + OVERHEAD_BYTES });
  }

  get(textHash: string): Float32Array | null {
    return this.vectors.get(textHash) ?? null;
  }

  clear(): void {
    this.vectors.clear();
  }
}
