import { randomBytes } from 'node:crypto';
import { KeyedHash } from '../base/keyed-hash.js';
import { loadHashKey } from './hash-key.js';
import { StorageError } from './store.js';

export interface HashKeyOptions {
  /** The operator's own key; absent = the one in the folder. */
  readonly key?: string;
  /** Where the key file is; absent = nothing is kept, a key for this process will do. */
  readonly folder?: string;
}

/**
 * The hash under which queries and texts are kept. While its folder cannot be read or written it goes by a key made for
 * the moment, and `install` is to be called again. Throws `StorageError` `damaged` where the key file is cut off.
 */
export class InstalledHashKey {
  readonly hash: KeyedHash;
  private installed: boolean;
  private key: Uint8Array;

  constructor(private readonly options: HashKeyOptions) {
    this.key = options.key === undefined ? randomBytes(32) : Buffer.from(options.key);
    this.hash = new KeyedHash(this.key);
    this.installed = options.key !== undefined || options.folder === undefined;
    this.install();
  }

  /** Whether the key will be the same after a restart. */
  get isInstalled(): boolean {
    return this.installed;
  }

  /** Tries to read or keep the key; true where another one than the one in use was found, and is used from now on. */
  install(): boolean {
    if (this.installed || this.options.folder === undefined) return false;
    try {
      const key = loadHashKey(this.options.folder, this.key);
      this.installed = true;
      if (Buffer.compare(key, this.key) === 0) return false;
      this.key = key;
      this.hash.replaceKey(key);
      return true;
    } catch (error) {
      if (error instanceof StorageError && error.failure === 'damaged') throw error;
      return false;
    }
  }
}
