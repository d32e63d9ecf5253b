import { LRUCache } from 'lru-cache';
import type { KeyedHash } from '../base/keyed-hash.js';

/** Longest id that is kept as it is; longer ones are kept as their hash. */
const MAX_PLAIN_ID_LENGTH = 256;
const PLAIN = 'i:';
const HASHED = 'h:';
/** Characters of remembered ids and their keys. */
const MEMO_LENGTH = 2 ** 20;

/** Key of a document by the caller's id as it is; null for one too long or not well-formed to be stored. */
export function plainKey(id: string): string | null {
  return id.length <= MAX_PLAIN_ID_LENGTH && id.isWellFormed() ? PLAIN + id : null;
}

/** Key of a document by the keyed hash of the caller's id. */
export function hashedKey(id: string, hash: KeyedHash): string {
  return HASHED + hash.text(JSON.stringify(id));
}

/** Whether a key holds an id that can be read. */
export function isPlainKey(key: string): boolean {
  return key.startsWith(PLAIN);
}

/**
 * The keys by which one namespace knows documents: ids as they are, or all as keyed hashes (`PRIVACY_HASH_IDS`). A
 * namespace that once kept hashes goes on with them, for they cannot be turned back; ids that it kept before are found
 * under their hash.
 */
export class DocumentKeys {
  private readonly memo = new LRUCache<string, string>({
    maxSize: MEMO_LENGTH,
    sizeCalculation: (key, id) => key.length + id.length + 1,
  });

  constructor(
    private readonly hash: KeyedHash,
    /** Whether ids are hashed; once true, it stays so. */
    public hashed: boolean,
  ) {}

  /** Key of the document that the caller calls so. */
  ofId(id: string): string {
    const plain = this.hashed ? null : plainKey(id);
    return plain ?? this.hashOf(id);
  }

  /** Today's key of a document that was written under `key`. */
  ofStored(key: string): string {
    return this.hashed && isPlainKey(key) ? this.hashOf(key.slice(PLAIN.length)) : key;
  }

  /** Forgets what was hashed under another key. */
  clear(): void {
    this.memo.clear();
  }

  private hashOf(id: string): string {
    const known = this.memo.get(id);
    if (known !== undefined) return known;
    const key = hashedKey(id, this.hash);
    this.memo.set(id, key);
    return key;
  }
}
