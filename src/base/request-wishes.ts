/**
 * What a caller says to the model behind us, as its dialect has it; part of the key under which scores are remembered,
 * for other wishes give other scores.
 */
export interface ModelWishes {
  /** The model's name as the caller wrote it; upstreams get it unless one is fixed. */
  readonly model?: string | undefined;
  /** The model's own scores instead of 0…1. */
  readonly rawScores?: boolean | undefined;
  /** Knobs on which scores depend: truncation, instruction, chunks; by the name the upstream's dialect gives them. */
  readonly knobs?: Readonly<Record<string, string | number | boolean>> | undefined;
  /** The caller's own credential, where it is passed on. Never logged; only hashes of it are kept. */
  readonly credential?: string | undefined;
  /** The caller's `traceparent`, passed on; no part of any key. */
  readonly traceparent?: string | undefined;
}

/** Request `Cache-Control` (RFC 9111, 5.2.1) as far as it is honoured. */
export interface CacheControl {
  /** Ask afresh, and keep what is answered. */
  readonly noCache?: boolean | undefined;
  /** Neither read nor keep. */
  readonly noStore?: boolean | undefined;
  /** Ask nobody: what is not known is an error (504). */
  readonly onlyIfCached?: boolean | undefined;
}
