import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { AppError } from '../base/errors.js';
import { letContinue } from './awaiting-continue.js';

/** The caller went away, or was cut off, while its body was being read. */
export class CallerLeft extends Error {
  override readonly name = 'CallerLeft';
}

const JSON_TYPE = /^application\/(?:[\w.!#$&^-]+\+)?json[ \t]*(?:;|$)/i;
const CHARSET = /;[ \t]*charset[ \t]*=[ \t]*(?:"([^"]*)"|([^\s;]*))/i;
const UTF8_NAMES: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'us-ascii']);

/**
 * Reads a JSON body's bytes, decompressed, checking type, charset and encoding first. Express's own parser is not used:
 * it reads an oversized body to its end before it refuses, and accepts bytes that are not UTF-8.
 *
 * @param limitBytes bound on the bytes sent and, by itself, on the bytes they inflate to
 * @param assumesJson whether a body without `Content-Type` is taken for JSON
 * @param onBytes told the bytes received, once, also on failure
 * @throws AppError 400 (no body, broken compression), 413, 415; `CallerLeft`
 */
export async function readBody(
  req: IncomingMessage,
  res: ServerResponse,
  limitBytes: number,
  assumesJson: boolean,
  onBytes: (bytes: number) => void,
): Promise<Buffer> {
  const { headers } = req;
  const declared = headers['content-length'];
  if (headers['transfer-encoding'] === undefined && (declared === undefined || Number(declared) === 0))
    throw empty();
  if (!assumesJson || headers['content-type'] !== undefined) checkType(headers['content-type']);
  const inflater = inflaterFor(headers['content-encoding']);
  if (declared !== undefined && Number(declared) > limitBytes) throw tooLarge(limitBytes);
  letContinue(req, res);
  const bytes = await collect(req, inflater, limitBytes, onBytes);
  if (bytes.length === 0) throw empty();
  return bytes;
}

function checkType(type: string | undefined): void {
  if (type === 'application/json') return;
  if (type === undefined || !JSON_TYPE.test(type)) {
    throw new AppError('UNSUPPORTED_MEDIA_TYPE', 'Content-Type must be application/json');
  }
  const charset = CHARSET.exec(type);
  const name = charset?.[1] ?? charset?.[2];
  if (name !== undefined && !UTF8_NAMES.has(name.toLowerCase())) {
    throw new AppError('UNSUPPORTED_MEDIA_TYPE', 'The charset of the body must be utf-8');
  }
}

function inflaterFor(encoding: string | undefined): Transform | undefined {
  if (encoding === undefined) return undefined;
  switch (encoding.trim().toLowerCase()) {
    case '':
    case 'identity':
      return undefined;
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'br':
      return createBrotliDecompress();
    default:
      throw new AppError('UNSUPPORTED_MEDIA_TYPE', 'Content-Encoding must be gzip, deflate, br or identity');
  }
}

/** Gathers the stream; on refusal the rest of the request is thrown away as it comes, bounded by the request time-out. */
function collect(
  req: IncomingMessage,
  inflater: Transform | undefined,
  limitBytes: number,
  onBytes: (bytes: number) => void,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let received = 0;
    let kept = 0;

    const settle = (failure?: Error): void => {
      req.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
      if (!req.readableEnded) req.resume();
      inflater?.off('data', keep).off('end', onInflated).destroy();
      onBytes(received);
      if (failure) reject(failure);
      else resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, kept));
    };
    const keep = (chunk: Buffer): void => {
      kept += chunk.length;
      if (kept > limitBytes) settle(tooLarge(limitBytes));
      else chunks.push(chunk);
    };
    const onInflated = (): void => settle();
    const onData = (chunk: Buffer): void => {
      received += chunk.length;
      if (inflater === undefined) keep(chunk);
      else if (received > limitBytes) settle(tooLarge(limitBytes));
      else if (!inflater.write(chunk)) req.pause();
    };
    const onEnd = (): void => {
      if (inflater === undefined) settle();
      else inflater.end();
    };
    const onClose = (): void => {
      if (!req.complete) settle(new CallerLeft('the caller left while sending'));
    };

    req.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
    inflater?.on('data', keep).on('end', onInflated);
    inflater?.on('drain', () => req.resume());
    inflater?.on('error', () =>
      settle(new AppError('BAD_REQUEST', 'The body is not what its Content-Encoding says')),
    );
  });
}

function empty(): AppError {
  return new AppError('BAD_REQUEST', 'The body is empty; JSON is expected');
}

function tooLarge(limitBytes: number): AppError {
  return new AppError('ENTITY_TOO_LARGE', `The body is larger than ${limitBytes} bytes`, {
    limit_bytes: limitBytes,
  });
}
