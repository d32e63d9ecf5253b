import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Made and removed again to learn whether the disk takes writes. */
export const PROBE_FILE = 'neuralcache.probe';
const PROBE_BYTES = 8192;

/** Throws what the file system throws where nothing can be written in a folder now. */
export function probeFolder(folder: string): void {
  const path = join(folder, PROBE_FILE);
  try {
    writeFileSync(path, Buffer.alloc(PROBE_BYTES), { flush: true });
  } finally {
    rmSync(path, { force: true });
  }
}
