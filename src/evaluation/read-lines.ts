import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';

/** What is wrong with a collection, where: the file, and the line from 1 where one is to blame. */
export class CollectionError extends Error {
  override readonly name = 'CollectionError';

  constructor(
    readonly file: string,
    readonly line: number | undefined,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(line === undefined ? `${file}: ${reason}` : `${file}, line ${line}: ${reason}`, options);
  }
}

export interface Line {
  /** From 1. */
  readonly number: number;
  /** Without its line break; never blank. */
  readonly text: string;
}

export interface LineLimits {
  /** Most lines, blank ones included. */
  readonly lines: number;
  /** Most UTF-16 units in one line. */
  readonly characters: number;
}

/**
 * The lines of a UTF-8 file that are not blank, unpacked on the way if its name ends in `.gz`. Holds one line and one
 * chunk at a time, so a file that unpacks to far more than it should ends in an error, not in all memory. Throws
 * `CollectionError` for what cannot be read, unpacked or decoded, and beyond the limits.
 */
export async function* readLines(file: string, limits: LineLimits): AsyncGenerator<Line> {
  let number = 0;
  let rest = '';
  for await (const text of decoded(file, () => number + 1)) {
    const parts = (rest + text).split('\n');
    rest = parts.pop()!;
    for (const part of parts) {
      number = counted(file, number, part, limits);
      if (part.trim() !== '') yield { number, text: part.trimEnd() };
    }
    if (rest.length > limits.characters) counted(file, number, rest, limits);
  }
  if (rest.trim() !== '') yield { number: counted(file, number, rest, limits), text: rest.trimEnd() };
}

/** The number of this line, if it may be that long and there may be that many. */
function counted(file: string, before: number, text: string, limits: LineLimits): number {
  const number = before + 1;
  if (text.length > limits.characters) {
    throw new CollectionError(file, number, `longer than ${limits.characters} characters`);
  }
  if (number > limits.lines) throw new CollectionError(file, number, `more than ${limits.lines} lines`);
  return number;
}

async function* decoded(file: string, lineNumber: () => number): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const source = createReadStream(file);
  const bytes = file.endsWith('.gz') ? source.pipe(createGunzip()) : source;
  source.on('error', (error) => bytes.destroy(error));
  try {
    for await (const chunk of bytes) yield decoder.decode(chunk, { stream: true });
    yield decoder.decode();
  } catch (error) {
    throw unreadable(file, lineNumber(), error);
  } finally {
    source.destroy();
    bytes.destroy();
  }
}

function unreadable(file: string, line: number, error: unknown): CollectionError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
    return new CollectionError(file, line, 'not UTF-8', { cause: error });
  }
  const reason = code?.startsWith('Z_')
    ? `not whole gzip data (${message})`
    : `cannot be read (${code ?? message})`;
  return new CollectionError(file, undefined, reason, { cause: error });
}
