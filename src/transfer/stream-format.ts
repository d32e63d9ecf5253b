/**
 * A namespace as a stream of JSON lines (NDJSON): a header, a row a line in the order of the rows' last puts, a footer.
 * It holds nothing of the time or place it was made, so that equal rows give equal bytes.
 */
export const STREAM_FORMAT = 'neuralcache-namespace';
/** Of the stream, not of the records in it. */
export const STREAM_VERSION = 1;

export interface StreamHeader {
  /** Where the rows came from; an import goes there unless told otherwise. */
  readonly namespace: string;
  /** Encoder of the vectors, `name@version`; null where nothing was learned yet. */
  readonly encoder: string | null;
  /** Fingerprint of the key under which queries and texts were hashed; null where nothing was learned yet. */
  readonly hashKey: string | null;
}

export interface StreamFooter {
  readonly rows: number;
  /** Hexadecimal SHA-256 of every byte before the footer's line. */
  readonly sha256: string;
}

export function headerLine({ namespace, encoder, hashKey }: StreamHeader): string {
  const header = { format: STREAM_FORMAT, version: STREAM_VERSION, namespace, encoder, hash_key: hashKey };
  return `${JSON.stringify(header)}\n`;
}

export function footerLine({ rows, sha256 }: StreamFooter): string {
  return `${JSON.stringify({ rows, sha256 })}\n`;
}
