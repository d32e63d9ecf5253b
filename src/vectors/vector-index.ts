/** An entry found, with its cosine to what was searched for. */
export interface Match<Value> {
  readonly value: Value;
  readonly similarity: number;
}

/**
 * Nearest unit vectors, exactly. Synchronous and in memory: it is searched on the way of a request. Entries are numbered
 * as they come, so that a caller who remembers a search need only look at what came since.
 */
export interface VectorIndex<Value> {
  readonly size: number;
  /** Number of the newest entry ever added; 0 before the first. */
  readonly sequence: number;
  /** How many entries were ever removed: unchanged means a remembered search still holds. */
  readonly removals: number;
  /** Adds a unit vector (copied). Throws `RangeError` for another dimension. */
  add(vector: Float32Array, value: Value): void;
  /** Removes an entry by the identity of its value; nothing happens if it is not there. */
  remove(value: Value): void;
  /** All entries numbered after `since` with a cosine of at least `minimum`, in no particular order. */
  search(vector: Float32Array, minimum: number, since: number): Match<Value>[];
}
