import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import createHashers from 'xxhash-wasm';
import { type Linked, RecentEntries } from './recent-entries.js';
import type { TextAnalysis } from './text-analysis.js';

/** What is known of one text of a namespace, filled in as it is needed. */
export interface TextEntry {
  /** Names the text in pair caches; unique in the process. */
  readonly id: number;
  readonly text: string;
  /** SHA-256 of the text, once it was needed: what outlives the entry is found by it. */
  digest: string | undefined;
  /** The key encoder's vector, unit length or zero. */
  vector: Float32Array | undefined;
  /** Keyed hash of the text, 22 characters of base64url. */
  contentHash: string | undefined;
  /** Whether it was met more than once. What is quickly made anew is not kept before: most texts are met once. */
  isRepeated: boolean;
  /** The text as a JSON string, once a repeated text was answered. */
  quoted: string | undefined;
  /** The number under which its vector was last kept for feedback; undefined = never. */
  shownAs: number | undefined;
  /** Pooled word vector of the text, once a scorer needed it and it is not `vector`. */
  wordVector: Float32Array | undefined;
  /** The scorers' reading of a repeated text. */
  analysis: TextAnalysis | undefined;
}

/** An entry with what the cache needs to find and weigh it. */
interface HeldEntry extends TextEntry, Linked<HeldEntry> {
  /** Bytes held; it is weighed with no fewer. */
  size: number;
}

export interface TextCacheOptions {
  /** Bound of `bytes`, ≥ 1. A text that would not fit alone is analysed, but not kept. */
  readonly maxBytes: number;
}

/** Bytes of an entry besides its text: the object, the key, its places in the cache. */
const ENTRY_BYTES = 240;

/** Bytes a vector adds to an entry besides its numbers. */
const VECTOR_OVERHEAD_BYTES = 100;
/** What scorers and answers are thought to add to an entry, in bytes; it is weighed anew only when that is exceeded. */
const GROWTH_BYTES = 400;
const GROWTH_PER_CHARACTER = 1.5;
/** By how much it is then weighed above what it holds. */
const WEIGHT_MARGIN = 1.25;
/** Share of the bound that lists of texts may take, and bytes of one and of each text in it. */
const LIST_SHARE = 0.02;
const LIST_BYTES = 200;
const LISTED_BYTES = 8;

const { h32 } = await createHashers();

let lastId = 0;

/**
 * The texts one namespace meets, least recently used first out, bounded in bytes.
 *
 * Keys are XXH32 of the text under a seed drawn once per cache, as small integers, which the engine looks up twice as
 * fast as larger ones; the stored text is compared, so a collision costs a second reading and nothing else. A plain Map
 * over texts was measured: 1.9 µs a look-up of 1000 ASCII characters against 0.9 µs (equal where a character is beyond
 * Latin-1), and strings above 16 383 characters, which the engine hashes by length alone, took 220 µs among 300 of one
 * length against 7 µs.
 */
export class TextCache {
  hits = 0;
  misses = 0;
  private readonly seed = randomBytes(4).readUInt32LE();
  private readonly entries: RecentEntries<HeldEntry>;
  /** By query: keys of the texts it last came with, in order. Keys alone, so that no text is kept alive. */
  private readonly lists: LRUCache<string, readonly number[]>;

  constructor({ maxBytes }: TextCacheOptions) {
    const listBytes = Math.floor(LIST_SHARE * maxBytes);
    this.entries = new RecentEntries(Math.max(1, maxBytes - listBytes));
    this.lists = new LRUCache({ maxSize: Math.max(1, listBytes) });
  }

  /** Estimate of the bytes held. */
  get bytes(): number {
    return this.entries.weight + this.lists.calculatedSize;
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
      if (known !== undefined && known.text === text) return this.hit(known);
      isKnown = false;
      return this.get(text);
    });
    if (!isKnown) this.keepList(query, entries as HeldEntry[]);
    return entries;
  }

  /** The entry of a text, made if it is not there. */
  get(text: string): TextEntry {
    const key = h32(text, this.seed) | 0;
    const known = this.entries.get(key);
    if (known !== undefined && known.text === text) return this.hit(known);
    this.misses++;
    const size = ENTRY_BYTES + 2 * text.length;
    const weight = Math.ceil(size + GROWTH_BYTES + GROWTH_PER_CHARACTER * text.length);
    const entry: HeldEntry = {
      id: ++lastId,
      text,
      vector: undefined,
      contentHash: undefined,
      digest: undefined,
      isRepeated: false,
      quoted: undefined,
      shownAs: undefined,
      wordVector: undefined,
      analysis: undefined,
      key,
      size,
      weight,
      older: undefined,
      newer: undefined,
    };
    this.entries.add(entry);
    return entry;
  }

  /** Tells the cache that an entry grew by so many bytes. Nothing for an entry that is no longer held. */
  grew(entry: TextEntry, bytes: number): void {
    const held = entry as HeldEntry;
    if (!this.entries.has(held)) return;
    held.size += bytes;
    if (held.size > held.weight) this.entries.reweigh(held, Math.ceil(WEIGHT_MARGIN * held.size));
  }

  /** Notes the key encoder's vector of a text. */
  setVector(entry: TextEntry, vector: Float32Array): void {
    if (entry.vector === undefined) this.grew(entry, VECTOR_OVERHEAD_BYTES + vector.byteLength);
    entry.vector = vector;
  }

  /** Forgets all texts; entries in use stay valid for whoever holds them. */
  clear(): void {
    this.entries.clear();
    this.lists.clear();
  }

  private hit(entry: HeldEntry): HeldEntry {
    this.hits++;
    entry.isRepeated = true;
    return entry;
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
