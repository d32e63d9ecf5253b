import { LRUCache } from 'lru-cache';
import { TextFingerprints } from '../base/text-fingerprints.js';
import { vectorBytes } from '../base/vector-bytes.js';
import type { TextAnalysis } from './lexicon.js';
import { MetTexts } from './met-texts.js';
import { type Linked, RecentEntries } from './recent-entries.js';

/**
 * What is known of one text of a namespace, filled in as it is needed. That of a text met for the first time is its
 * request's alone.
 */
export interface TextEntry {
  /** Names the text in pair caches; unique in the process, and the same each time the text is met while it is known. */
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
  /** Pooled word vector of the text, once a scorer needed it and it is not `vector`. */
  wordVector: Float32Array | undefined;
  /** The scorers' reading of a repeated text. */
  analysis: TextAnalysis | undefined;
}

/** An entry with what the cache needs to find and weigh it. */
interface HeldEntry extends TextEntry, Linked<HeldEntry> {
  /** Bytes held; it is weighed with no fewer. */
  size: number;
  /** Of the cache when it was made. */
  readonly epoch: number;
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

/** Share of the bound for fingerprints of texts that were met. */
const MET_SHARE = 1 / 16;

const fingerprints = new TextFingerprints();
let lastId = 0;

/**
 * The texts one namespace meets, bounded in bytes. Of one that is met for the first time the fingerprint is noted and nothing
 * else: most never come again, and to keep fifty of them a request, and put as many out, took a tenth of its time. An
 * entry is kept from the second time on, or once it has a vector that took a while; least recently used first out.
 */
export class TextCache {
  hits = 0;
  misses = 0;
  /** Changes when all is forgotten: what was made before is not to come back. */
  private epoch = 0;
  private readonly met: MetTexts;
  /** By the first part of the text's fingerprint; texts are compared, so where two share it the later one is held. */
  private readonly entries: RecentEntries<HeldEntry>;
  /** By query: keys of the texts it last came with, in order. Keys alone, so that no text is kept alive. */
  private readonly lists: LRUCache<string, readonly number[]>;

  constructor({ maxBytes }: TextCacheOptions) {
    const listBytes = Math.floor(LIST_SHARE * maxBytes);
    const metBytes = Math.floor(MET_SHARE * maxBytes);
    this.entries = new RecentEntries(Math.max(1, maxBytes - listBytes - metBytes));
    this.lists = new LRUCache({ maxSize: Math.max(1, listBytes) });
    this.met = new MetTexts(metBytes);
  }

  /** Estimate of the bytes held. */
  get bytes(): number {
    return this.entries.weight + this.lists.calculatedSize + this.met.bytes;
  }

  /** Number of entries held. */
  get size(): number {
    return this.entries.size;
  }

  /**
   * The entries of a query's texts, in their order. Where the query came with the same texts before they are found
   * without hashing, each by one comparison: a fifth of the time.
   */
  getList(query: string, candidates: readonly { readonly text: string }[]): TextEntry[] {
    const keys = this.lists.get(query);
    const { hits } = this;
    let isKnown = keys?.length === candidates.length;
    const entries = candidates.map(({ text }, index) => {
      const key = keys?.[index];
      const known = key === undefined ? undefined : this.entries.get(key);
      if (known !== undefined && known.text === text) return this.hit(known);
      isKnown = false;
      return this.find(text);
    });
    if (!isKnown && this.hits > hits) this.keepList(query, entries);
    return entries;
  }

  /** The entry of a text. */
  get(text: string): TextEntry {
    return this.find(text);
  }

  /** Tells the cache that an entry grew by so many bytes; counted once it is held. */
  grew(entry: TextEntry, bytes: number): void {
    const own = entry as HeldEntry;
    own.size += bytes;
    if (own.size <= own.weight) return;
    const weight = Math.ceil(WEIGHT_MARGIN * own.size);
    if (this.entries.has(own)) this.entries.reweigh(own, weight);
    else own.weight = weight;
  }

  /**
   * Notes the key encoder's vector of a text. `isDear`: it took a while to make; then its entry is kept, also if the text
   * was met once.
   */
  setVector(entry: TextEntry, vector: Float32Array, isDear: boolean): void {
    const own = entry as HeldEntry;
    const known = this.entries.get(own.key);
    // Another request may have met the text meanwhile.
    const held = known?.id === own.id ? known : own;
    if (held !== known && isDear && own.epoch === this.epoch) this.entries.add(own);
    const isFirst = held.vector === undefined;
    entry.vector = vector;
    held.vector = vector;
    if (isFirst) this.grew(held, vectorBytes(vector.length));
  }

  /** Forgets all texts; entries in use stay valid for whoever holds them. */
  clear(): void {
    this.epoch++;
    this.entries.clear();
    this.lists.clear();
    this.met.clear();
  }

  private hit(entry: HeldEntry): HeldEntry {
    this.hits++;
    entry.isRepeated = true;
    return entry;
  }

  private find(text: string): HeldEntry {
    fingerprints.read(text);
    const { words } = fingerprints;
    const key = words[0]! | 0;
    const held = this.entries.get(key);
    if (held !== undefined && held.text === text) return this.hit(held);
    const number = this.met.meet(words, lastId + 1);
    if (number === 0) {
      this.misses++;
      return newEntry(++lastId, key, text, this.epoch);
    }
    const entry = newEntry(number, key, text, this.epoch);
    this.entries.add(entry);
    return this.hit(entry);
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

function newEntry(id: number, key: number, text: string, epoch: number): HeldEntry {
  const size = ENTRY_BYTES + 2 * text.length;
  return {
    id,
    text,
    vector: undefined,
    contentHash: undefined,
    digest: undefined,
    isRepeated: false,
    quoted: undefined,
    wordVector: undefined,
    analysis: undefined,
    key,
    epoch,
    size,
    weight: Math.ceil(size + GROWTH_BYTES + GROWTH_PER_CHARACTER * text.length),
    older: undefined,
    newer: undefined,
  };
}
