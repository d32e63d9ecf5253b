// Contract for the first commit; the implementation replaces this file.
export interface FrequencyChunk {
  readonly key: string;
  /** JSON text; null = the chunk is gone. */
  readonly value: string | null;
}
export interface DocumentFrequencies {
  /** Estimate of the bytes held. */
  readonly bytes: number;
  /** Up to `limit` chunks changed since they were last taken. */
  takeChanged(limit: number): FrequencyChunk[];
  /** Puts chunks that could not be written back among the changed. */
  markChanged(keys: readonly string[]): void;
  restore(chunks: readonly FrequencyChunk[]): void;
}
