import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import createHashers from 'xxhash-wasm';
import type { TextAnalysis } from './text-analysis.js';

/** What is known of one text of a namespace, filled in as it is needed. */
export interface TextEntry {
  readonly text: string;
  /** XXH64 of the text under the cache's secret seed: equal for equal texts, in this cache alone. */
  readonly key: bigint;
  /** The key encoder's vector, unit length or zero. */
  vector: Float32Array | undefined;
  /** Keyed hash of the text, 22 characters of base64url. */
  contentHash: string | undefined;
  /** SHA-256 of the text, once a pair of it was scored by a model: what outlives the entry is found by it. */
  digest: string | undefined;
  /** The text as a JSON string, once it was answered: answers repeat texts. */
  quoted: string | undefined;
  /** The scorers' reading of the text. */
  analysis?: TextAnalysis | undefined;
}

/** An entry with what the cache needs to weigh it. */
interface HeldEntry extends TextEntry {
  /** Bytes held, and those it is weighed with: never fewer. */
  size: number;
  weight: number;
}

export interface TextCacheOptions {
  /** Bound of `bytes`, ≥ 1. A text that would not fit alone is analysed, but not kept. */
  readonly maxBytes: number;
}

/** Bytes of an entry besides its text: the object, the key, its places in the cache. */
const ENTRY_BYTES = 240;

/** What scorers and answers are thought to add to an entry, in bytes; it is weighed anew only when that is exceeded. */
const GROWTH_BYTES = 400;
const GROWTH_PER_CHARACTER = 1.5;
/** By how much it is then weighed above what it holds. */
const WEIGHT_MARGIN = 1.25;
/** Share of the bound that lists of texts may take, and bytes of one and of each text in it. */
const LIST_SHARE = 0.02;
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
  private readonly entries: LRUCache<bigint, HeldEntry>;
  /** By query: keys of the texts it last came with, in order. Keys alone, so that no text is kept alive. */
  private readonly lists: LRUCache<string, readonly bigint[]>;

  /** Throws a TypeError where `maxBytes` is no whole number from 1. */
  constructor({ maxBytes }: TextCacheOptions) {
    const listBytes = Math.floor(LIST_SHARE * maxBytes);
    this.entries = new LRUCache({ maxSize: Math.max(1, maxBytes - listBytes) });
    this.lists = new LRUCache({ maxSize: Math.max(1, listBytes) });
  }

  /** Estimate of the bytes held. */
  get bytes(): number {
    return this.entries.calculatedSize + this.lists.calculatedSize;
  }

  /** Number of texts held. */
  get size(): number {
    return this.entries.size;
  }

  /**
   * The entries of a query's texts, in their order. Where the query came with the same texts before they are found
   * without hashing, each by one comparison: a fifth of the time.
   */
  getList(query: string, candidates: readonly { readonly text: string }[]): TextEntry[] {
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
    const known = this.entries.get(key);
    if (known !== undefined && known.text === text) {
      this.hits++;
      return known;
    }
    this.misses++;
    const size = ENTRY_BYTES + 2 * text.length;
    const weight = Math.ceil(size + GROWTH_BYTES + GROWTH_PER_CHARACTER * text.length);
    const entry: HeldEntry = {
      text,
      vector: undefined,
      contentHash: undefined,
      digest: undefined,
      quoted: undefined,
      analysis: undefined,
      key,
      size,
      weight,
    };
    this.entries.set(key, entry, { size: weight });
    return entry;
  }

  /** Tells the cache that an entry grew by so many bytes. Nothing for an entry that is no longer held. */
  grew(entry: TextEntry, bytes: number): void {
    const { key } = entry as HeldEntry;
    const held = this.entries.peek(key);
    if (held === undefined || held !== entry) return;
    held.size += bytes;
    if (held.size <= held.weight) return;
    held.weight = Math.ceil(WEIGHT_MARGIN * held.size);
    // Setting the same value again would keep its old size.
    this.entries.delete(key);
    this.entries.set(key, held, { size: held.weight });
  }

  /** Forgets all texts; entries in use stay valid for whoever holds them. */
  clear(): void {
    this.entries.clear();
    this.lists.clear();
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
