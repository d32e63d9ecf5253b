import { pipeline, type Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createUnzip } from 'node:zlib';

const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: createUnzip,
  'x-gzip': createUnzip,
  deflate: createUnzip,
  br: createBrotliDecompress,
};

/**
 * A body without its `content-encoding`, for gateways that compress whatever they are asked for; undefined where it has none,
 * or one that is not known. How much comes out has no bound: the reader sets one, and may stop at any time.
 */
export function decoded(body: Readable, coding: string | string[] | undefined): Readable | undefined {
  const decoder = DECODERS[String(coding ?? '').toLowerCase()]?.();
  // Whoever reads the decoder is told of failures.
  return decoder && pipeline(body, decoder, () => undefined);
}
