import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Row } from '../stores/store.js';
import { readRow } from './row-line.js';
import { STREAM_FORMAT, STREAM_VERSION, type StreamFooter, type StreamHeader } from './stream-format.js';
import { TransferError } from './transfer-error.js';

/** One line of a stream, as read. */
export type StreamLine =
  | { readonly header: StreamHeader }
  | { readonly row: Row }
  | { readonly footer: StreamFooter };

/** Longest line; a row is at most some hundred kilobytes, a file of another kind may be one long line. */
const MAX_LINE_BYTES = 64 * 2 ** 20;
const LINE_BREAK = 0x0a;

/**
 * Reads an exported namespace, line by line, from a file, or from where `content` has it: header, rows, footer. Whether the stream is whole is known once
 * the footer came: whoever acts on rows reads it to the end before. Throws `TransferError`, which names the file, where
 * it is cut off, changed, of a newer version or something else.
 */
export async function* readStream(
  path: string,
  content: AsyncIterable<Buffer> = createReadStream(path),
): AsyncGenerator<StreamLine> {
  const hash = createHash('sha256');
  let rows = 0;
  let hasHeader = false;
  let hasFooter = false;
  for await (const bytes of linesOf(path, content)) {
    if (hasFooter) throw new TransferError(`${path} goes on after its end`);
    const parsed = parse(bytes);
    if (!hasHeader) {
      hasHeader = true;
      yield { header: readHeader(path, parsed) };
    } else if (isFooter(parsed)) {
      const { rows: expected, sha256 } = parsed;
      if (expected !== rows || sha256 !== hash.copy().digest('hex')) throw damaged(path);
      hasFooter = true;
      yield { footer: parsed };
    } else {
      const row = readRow(parsed);
      if (row === undefined) throw damaged(path);
      rows += 1;
      yield { row };
    }
    hash.update(bytes).update('\n');
  }
  if (!hasHeader) throw notExported(path);
  if (!hasFooter) throw cutOff(path);
}

/** Lines without their breaks; throws where the last one has none. */
async function* linesOf(path: string, content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  for await (const chunk of content) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_BREAK); end >= 0; end = chunk.indexOf(LINE_BREAK, start)) {
      const rest = chunk.subarray(start, end);
      yield pending.length === 0 ? rest : Buffer.concat([...pending, rest]);
      pending = [];
      pendingBytes = 0;
      start = end + 1;
    }
    if (start === chunk.length) continue;
    pending.push(chunk.subarray(start));
    pendingBytes += chunk.length - start;
    if (pendingBytes > MAX_LINE_BYTES) throw notExported(path);
  }
  if (pending.length > 0) throw cutOff(path);
}

/** Undefined where the bytes are no JSON, or not UTF-8: then the checksum would not tell what was read. */
function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function readHeader(path: string, parsed: unknown): StreamHeader {
  const {
    format,
    version,
    namespace,
    encoder,
    hash_key: hashKey,
  } = (parsed ?? {}) as Record<string, unknown>;
  if (format !== STREAM_FORMAT || !Number.isInteger(version)) throw notExported(path);
  if ((version as number) > STREAM_VERSION) {
    throw new TransferError(`${path} is of version ${version}; this program reads up to ${STREAM_VERSION}`);
  }
  if (typeof namespace !== 'string' || !isTextOrNull(encoder) || !isTextOrNull(hashKey)) throw damaged(path);
  return { namespace, encoder, hashKey };
}

function isFooter(parsed: unknown): parsed is StreamFooter {
  const { rows, sha256 } = (parsed ?? {}) as Record<string, unknown>;
  return typeof rows === 'number' && typeof sha256 === 'string';
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}

function damaged(path: string): TransferError {
  return new TransferError(`${path} is damaged: it is not what was exported`);
}

function cutOff(path: string): TransferError {
  return new TransferError(`${path} is cut off: its end is missing`);
}

function notExported(path: string): TransferError {
  return new TransferError(`${path} is no exported namespace`);
}
