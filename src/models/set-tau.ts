import { isAbsolute, relative, sep } from 'node:path';
import { describeFolder } from './describe-folder.js';
import { type Manifest, readManifest, writeManifest } from './manifest.js';
import { withStoreLock } from './store-lock.js';

/**
 * Writes the measured τ into a folder's manifest, which is made where there was none; of a stored model while no other
 * process changes the store. Answers the manifest as it is now. Rejects with `ModelStoreError`, and what the file system
 * throws, as for a folder that may only be read.
 */
export async function setTau(
  folder: string,
  tau: NonNullable<Manifest['tau']>,
  storeDir: string,
): Promise<Manifest> {
  const write = async () => {
    const manifest = { ...(readManifest(folder) ?? describeFolder(folder)), tau };
    writeManifest(folder, manifest);
    return manifest;
  };
  return isWithin(folder, storeDir) ? withStoreLock(storeDir, write) : write();
}

function isWithin(folder: string, parent: string): boolean {
  const path = relative(parent, folder);
  return path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path);
}
