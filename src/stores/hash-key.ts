import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../base/make-folder.js';
import { StorageError } from './store.js';

/** File in `STORAGE_DIR` that holds the key of the hashes under which queries and texts are stored. */
const KEY_FILE = 'hash.key';
const KEY_BYTES = 32;

/**
 * The installation's hash key: read from its file, or put there if the file is missing (`fallback`, or fresh random
 * bytes), readable by the owner alone (0600). Made under another name and linked into place, so that the file is whole
 * or not there. Throws the file system's error where the folder cannot be read or written, `StorageError` `damaged` where
 * the file is there but cut off: it is never overwritten.
 */
export function loadHashKey(folder: string, fallback: Uint8Array = randomBytes(KEY_BYTES)): Uint8Array {
  const file = join(folder, KEY_FILE);
  return readKey(file) ?? makeKey(folder, file, fallback);
}

/**
 * Puts the key of one folder into another, which exists, so that what is copied there is recognised as before. `other`:
 * that folder has a key of its own already, which stays. Throws as `loadHashKey` does.
 */
export function carryHashKey(from: string, to: string): 'none' | 'carried' | 'other' {
  const key = readKey(join(from, KEY_FILE));
  if (key === null) return 'none';
  return Buffer.compare(loadHashKey(to, key), key) === 0 ? 'carried' : 'other';
}

function readKey(file: string): Uint8Array | null {
  try {
    const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64url');
    if (key.length < KEY_BYTES)
      throw new StorageError('damaged', `${file} is damaged; put back a copy, or set STORAGE_HASH_KEY`);
    return key;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function makeKey(folder: string, file: string, key: Uint8Array): Uint8Array {
  makeFolder(folder);
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    writeFileSync(draft, `${Buffer.from(key).toString('base64url')}\n`, {
      mode: 0o600,
      flag: 'wx',
      flush: true,
    });
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    discard(draft);
  }
  const made = readKey(file);
  if (made === null) throw new StorageError('io', `${file} vanished while it was made`);
  return made;
}

function discard(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // a draft that was never made, or cannot be removed, harms nobody
  }
}
