import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import createHashers from 'xxhash-wasm';
import type { TextAnalysis } from './text-analysis.js';

/** What is known of one text of a namespace, filled in as it is needed. */
export interface TextEntry {
  readonly text: string;
  /** The key encoder's vector, unit length or zero. */
  vector: Float32Array | undefined;
  /** Keyed hash of the text, 22 characters of base64url. */
  contentHash: string | undefined;
  /** The text as a JSON string, once it was answered: answers repeat texts. */
  quoted: string | undefined;
  /** The scorers' reading of the text. */
  analysis?: TextAnalysis | undefined;
}

/** An entry with what the cache needs to find and weigh it. */
interface HeldEntry extends TextEntry {
  readonly key: bigint;
  /** Bytes. */
  size: number;
}

export interface TextCacheOptions {
  /** Bound of `bytes`, ≥ 1. A text that would not fit alone is analysed, but not kept. */
  readonly maxBytes: number;
}

/** Bytes of an entry besides its text: the object, the key, its places in the cache. */
const ENTRY_BYTES = 240;

const { h64 } = await createHashers();

/**
 * The texts one namespace meets, least recently used first out, bounded in bytes.
 *
 * Keys are XXH64 of the text under a seed drawn once per cache; the stored text is compared, so a collision costs a
 * second reading and nothing else. A plain Map over texts was measured: 1.9 µs a look-up of 1000 ASCII characters
 * against 0.9 µs (equal where a character is beyond Latin-1), and strings above 16 383 characters, which the engine
 * hashes by length alone, took 220 µs among 300 of one length against 7 µs.
 */
export class TextCache {
  hits = 0;
  misses = 0;
  private readonly seed = randomBytes(8).readBigUInt64LE();
  private readonly entries: LRUCache<bigint, HeldEntry>;

  /** Throws a TypeError where `maxBytes` is no whole number from 1. */
  constructor({ maxBytes }: TextCacheOptions) {
    this.entries = new LRUCache({ maxSize: maxBytes });
  }

  /** Estimate of the bytes held. */
  get bytes(): number {
    return this.entries.calculatedSize;
  }

  /** Number of texts held. */
  get size(): number {
    return this.entries.size;
  }

  /** The entry of a text, made if it is not there. */
  get(text: string): TextEntry {
    const key = h64(text, this.seed);
    const known = this.entries.get(key);
    if (known !== undefined && known.text === text) {
      this.hits++;
      return known;
    }
    this.misses++;
    const size = ENTRY_BYTES + 2 * text.length;
    const entry: HeldEntry = {
      text,
      vector: undefined,
      contentHash: undefined,
      quoted: undefined,
      analysis: undefined,
      key,
      size,
    };
    this.entries.set(key, entry, { size });
    return entry;
  }

  /** Tells the cache that an entry grew by so many bytes. Nothing for an entry that is no longer held. */
  grew(entry: TextEntry, bytes: number): void {
    const { key } = entry as HeldEntry;
    const held = this.entries.peek(key);
    if (held === undefined || held !== entry) return;
    held.size += bytes;
    // Setting the same value again would keep its old size.
    this.entries.delete(key);
    this.entries.set(key, held, { size: held.size });
  }

  /** Forgets all texts; entries in use stay valid for whoever holds them. */
  clear(): void {
    this.entries.clear();
  }
}
