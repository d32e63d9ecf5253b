import { createHmac, hash } from 'node:crypto';
import { detached } from './detached.js';

/** Most words whose hash is remembered, for they repeat across queries; then the memory starts again. */
const WORD_MEMO_SIZE = 20_000;
/** Of SHA-256: bytes it takes at a time, and bytes it gives. */
const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
/** What RFC 2104 mixes into the key, for the hash within and the one around it. */
const INNER = 0x36;
const OUTER = 0x5c;
/** Longest text hashed in the buffer; a UTF-16 unit has at most 3 bytes in UTF-8. */
const MOST_CHARACTERS = 8192;

/**
 * One-way names for texts that are kept: HMAC-SHA-256 (RFC 2104) under a key of this installation, so that stored state
 * can be matched but not read, nor guessed without the key.
 */
export class KeyedHash {
  private readonly words = new Map<string, string>();
  private key: Uint8Array = new Uint8Array();
  /** The padded keys, each with room for what follows it. */
  private readonly inner = Buffer.alloc(BLOCK_BYTES + 3 * MOST_CHARACTERS);
  private readonly outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);
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
    const block = key.length > BLOCK_BYTES ? hash('sha256', key, 'buffer') : key;
    for (let i = 0; i < BLOCK_BYTES; i++) {
      this.inner[i] = (block[i] ?? 0) ^ INNER;
      this.outer[i] = (block[i] ?? 0) ^ OUTER;
    }
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
    if (this.words.size >= WORD_MEMO_SIZE) this.words.clear();
    this.words.set(detached(word), hash);
    return hash;
  }

  /** The two hashes of RFC 2104 one by one: for texts of usual length in two thirds of the time that `createHmac` takes. */
  private hmac(text: string): string {
    if (text.length <= MOST_CHARACTERS) {
      const end = BLOCK_BYTES + this.inner.write(text, BLOCK_BYTES);
      this.outer.write(hash('sha256', this.inner.subarray(0, end), 'binary'), BLOCK_BYTES, 'latin1');
      return hash('sha256', this.outer, 'base64url');
    }
    return createHmac('sha256', this.key).update(text).digest('base64url');
  }
}
