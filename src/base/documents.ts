/** A document offered for ranking. */
export interface Candidate {
  /** The caller's own id; absent where the client has none (memory then goes by the text's hash). */
  readonly id?: string;
  /** May be empty. */
  readonly text: string;
  /** Echoed back, never read. */
  readonly metadata?: unknown;
  /** The caller's vector, all finite; every candidate of a request has one, or none has. */
  readonly embedding?: readonly number[];
  /** The retriever's own score, finite. */
  readonly score?: number;
}
