import { isUtf8 } from 'node:buffer';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { DeclaredError, type DeclaredFile, MAX_DECLARED_BYTES, readDeclared } from './declared-file.js';

/**
 * Reads a declared file from the disk, following links.
 *
 * @param path absolute
 * @param label how messages call it
 * @throws DeclaredError also where there is no such file, or none that can be read
 */
export async function readDeclaredFile(path: string, label: string): Promise<DeclaredFile> {
  return readDeclared(await readBounded(path, label), label);
}

async function readBounded(path: string, label: string): Promise<string> {
  try {
    // Without blocking: what turns out to be a pipe must not hold the start.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = await file.stat();
      if (!stats.isFile()) throw new DeclaredError([`${label}: is not a file`]);
      if (stats.size > MAX_DECLARED_BYTES)
        throw new DeclaredError([`${label}: longer than ${MAX_DECLARED_BYTES} bytes`]);
      const bytes = await file.readFile();
      if (!isUtf8(bytes)) throw new DeclaredError([`${label}: is not UTF-8`]);
      return bytes.toString('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw typeof code === 'string' ? new DeclaredError([`${label}: cannot be read (${code})`]) : error;
  }
}
