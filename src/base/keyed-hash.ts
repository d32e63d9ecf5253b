import { createHmac } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** Words repeat across queries; an HMAC costs microseconds. */
const WORD_MEMO_SIZE = 20_000;

/**
 * One-way names for texts that are kept: HMAC-SHA-256 (RFC 2104) under a key of this installation, so that stored state
 * can be matched but not read, nor guessed without the key.
 */
export class KeyedHash {
  private readonly words = new LRUCache<string, string>({ max: WORD_MEMO_SIZE });
  private key: Uint8Array = new Uint8Array();
  private name = '';

  /** `key`: at least 16 bytes, else `RangeError`. */
  constructor(key: Uint8Array) {
    this.replaceKey(key);
  }

  /** Names the key without telling it; stored with the state, so that a changed key is noticed. 11 characters. */
  get fingerprint(): string {
    return this.name;
  }

  /** Goes on under another key; whoever keeps hashes of this one must forget them. */
  replaceKey(key: Uint8Array): void {
    if (key.length < 16) throw new RangeError('a hash key has at least 16 bytes');
    this.key = key;
    this.words.clear();
    this.name = this.hmac('neuralcache hash key').slice(0, 11);
  }

  /** 128 bits of a text as 22 characters of base64url. */
  text(text: string): string {
    return this.hmac(text).slice(0, 22);
  }

  /** 48 bits of a word as 8 characters: enough to compare the few words of two queries. */
  word(word: string): string {
    const known = this.words.get(word);
    if (known !== undefined) return known;
    const hash = this.hmac(`w:${word}`).slice(0, 8);
    this.words.set(word, hash);
    return hash;
  }

  private hmac(text: string): string {
    return createHmac('sha256', this.key).update(text).digest('base64url');
  }
}
