import { readFileSync, type Stats, statSync } from 'node:fs';

/** Throws an Error for a folder, and for what may have no end or keep its reader waiting: a pipe, a device, a socket. */
export function assertRegular(stats: Stats): void {
  if (stats.isDirectory()) throw new Error('it is a folder, not a file');
  if (!stats.isFile()) throw new Error('it is a pipe, a device or a socket, not a file');
}

/**
 * All of a file, links followed. Throws an Error where it is no regular file or has more than `maxBytes`, and what the file
 * system throws.
 */
export function readRegularFile(location: string, maxBytes: number): Buffer {
  const stats = statSync(location);
  assertRegular(stats);
  if (stats.size > maxBytes) throw new Error(`it has ${stats.size} bytes, more than ${maxBytes}`);
  return readFileSync(location);
}
