// Contract for the first commit; the implementation replaces this file.
/** What is known of one text of a namespace, filled in as it is needed. */
export interface TextEntry {
  readonly text: string;
  /** The key encoder's vector, unit length or zero. */
  vector: Float32Array | undefined;
  /** Keyed hash of the text, 22 characters of base64url. */
  contentHash: string | undefined;
}
export interface TextCache {
  /** The entry of a text, made if it is not there. */
  get(text: string): TextEntry;
  /** Tells the cache that an entry grew by so many bytes. */
  grew(entry: TextEntry, bytes: number): void;
  readonly bytes: number;
  readonly hits: number;
  readonly misses: number;
  clear(): void;
}
