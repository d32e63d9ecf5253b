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

/** Shares of the bound that new texts may take before they are weighed, and what queries met last. */
const FRESH_SHARE = 0.05;
const LIST_SHARE = 0.02;
/** Bytes of one such list and of each text in it. */
const LIST_BYTES = 200;
const LISTED_BYTES = 8;

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
  /** Entries made for the last list: they are weighed once they have grown to their size, when the next list comes. */
  private readonly fresh = new Map<bigint, HeldEntry>();
  private freshBytes = 0;
  private readonly maxFreshBytes: number;
  private readonly entries: LRUCache<bigint, HeldEntry>;
  /** By query: keys of the texts it last came with, in order. Keys alone, so that no text is kept alive. */
  private readonly lists: LRUCache<string, readonly bigint[]>;

  /** Throws a TypeError where `maxBytes` is no whole number from 1. */
  constructor({ maxBytes }: TextCacheOptions) {
    this.maxFreshBytes = FRESH_SHARE * maxBytes;
    const listBytes = Math.floor(LIST_SHARE * maxBytes);
    this.entries = new LRUCache({
      maxSize: Math.max(1, Math.floor(maxBytes - this.maxFreshBytes - listBytes)),
    });
    this.lists = new LRUCache({ maxSize: Math.max(1, listBytes) });
  }

  /** Estimate of the bytes held. */
  get bytes(): number {
    return this.freshBytes + this.entries.calculatedSize + this.lists.calculatedSize;
  }

  /** Number of texts held. */
  get size(): number {
    return this.fresh.size + this.entries.size;
  }

  /**
   * The entries of a query's texts, in their order. Where the query came with the same texts before they are found
   * without hashing, each by one comparison: a fifth of the time.
   */
  getList(query: string, candidates: readonly { readonly text: string }[]): TextEntry[] {
    this.settle();
    const keys = this.lists.get(query);
    let isKnown = keys?.length === candidates.length;
    const entries = candidates.map(({ text }, index) => {
      const key = keys?.[index];
      const known = key === undefined ? undefined : this.entries.get(key);
      if (known !== undefined && known.text === text) {
        this.hits++;
        return known;
      }
      isKnown = false;
      return this.get(text);
    });
    if (!isKnown) this.keepList(query, entries as HeldEntry[]);
    return entries;
  }

  /** The entry of a text, made if it is not there. */
  get(text: string): TextEntry {
    const key = h64(text, this.seed);
    const known = this.fresh.get(key) ?? this.entries.get(key);
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
    this.forget(this.fresh.get(key));
    this.fresh.set(key, entry);
    this.freshBytes += size;
    if (this.freshBytes > this.maxFreshBytes) this.settle();
    return entry;
  }

  /** Tells the cache that an entry grew by so many bytes. Nothing for an entry that is no longer held. */
  grew(entry: TextEntry, bytes: number): void {
    const { key } = entry as HeldEntry;
    const fresh = this.fresh.get(key);
    if (fresh !== undefined && fresh === entry) {
      fresh.size += bytes;
      this.freshBytes += bytes;
      return;
    }
    const held = this.entries.peek(key);
    if (held === undefined || held !== entry) return;
    held.size += bytes;
    // Setting the same value again would keep its old size.
    this.entries.delete(key);
    this.entries.set(key, held, { size: held.size });
  }

  /** Forgets all texts; entries in use stay valid for whoever holds them. */
  clear(): void {
    this.fresh.clear();
    this.freshBytes = 0;
    this.entries.clear();
    this.lists.clear();
  }

  /** Takes the fresh entries among those that are bounded. */
  private settle(): void {
    for (const entry of this.fresh.values()) this.entries.set(entry.key, entry, { size: entry.size });
    this.fresh.clear();
    this.freshBytes = 0;
  }

  private forget(entry: HeldEntry | undefined): void {
    if (entry !== undefined) this.freshBytes -= entry.size;
  }

  private keepList(query: string, entries: readonly HeldEntry[]): void {
    const size = LIST_BYTES + 2 * query.length + LISTED_BYTES * entries.length;
    this.lists.delete(query);
    this.lists.set(
      query,
      entries.map(({ key }) => key),
      { size },
    );
  }
}
