import { createHash, type Hash } from 'node:crypto';
import { closeSync, createReadStream, openSync, readdirSync, readSync } from 'node:fs';
import type { FileFacts } from './manifest.js';

const CHUNK_BYTES = 1 << 20;
const REVISION_LENGTH = 12;

/** A revision, from a hash in hex: of what the files hold, or a commit. */
export function revisionOf(hash: string): string {
  return hash.slice(0, REVISION_LENGTH);
}

/** Names of what is in a folder, as the disk gives them; none where it is not there, or no folder. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}

/** Length and SHA-256 of bytes. */
export function factsOfBytes(bytes: Uint8Array): FileFacts {
  return { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length };
}

/** Length and SHA-256 of a file, read a mebibyte at a time. */
export function factsOf(path: string): FileFacts {
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  const handle = openSync(path, 'r');
  try {
    let bytes = 0;
    for (;;) {
      const count = readSync(handle, chunk);
      if (count === 0) return { sha256: hash.digest('hex'), bytes };
      hash.update(chunk.subarray(0, count));
      bytes += count;
    }
  } finally {
    closeSync(handle);
  }
}

/**
 * SHA-256 of a file in hex, or the object id that Git gives it. Reads a mebibyte at a time; some 2 ms for each. Rejects
 * with what the file system says.
 *
 * @param onBytes told how many more bytes were read
 */
export async function hashFile(
  path: string,
  kind: { readonly git: false } | { readonly git: true; readonly bytes: number } = { git: false },
  onBytes: (count: number) => void = () => {},
): Promise<string> {
  const hash: Hash = createHash(kind.git ? 'sha1' : 'sha256');
  if (kind.git) hash.update(`blob ${kind.bytes}\0`);
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
    hash.update(chunk as Buffer);
    onBytes((chunk as Buffer).length);
  }
  return hash.digest('hex');
}
