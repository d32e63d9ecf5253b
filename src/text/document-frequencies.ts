import { detached } from '../base/detached.js';
import { readChunk, type StemsChunk, TOTAL_KEY, writeChunk, writeTotal } from './frequency-chunks.js';

/** A piece of the state as it is stored. */
export interface FrequencyChunk {
  /** `total`, or `c` and a number. */
  readonly key: string;
  /** JSON text; null = the chunk is gone. */
  readonly value: string | null;
}

/** The stems of several documents together. */
export interface StemSums {
  /** Slots of this namespace's `DocumentFrequencies`, each once. */
  readonly slots: Uint32Array;
  /** By place: how many of the documents hold the stem. */
  readonly counts: Uint32Array;
  /** Number of documents. */
  readonly documents: number;
}

/** The distinct stems of a document, or of several together. */
export interface DocumentStems {
  /** In the first `size` places: the stems, each once, by the numbers of `numbering`. */
  readonly numbers: Uint32Array;
  readonly size: number;
  readonly numbering: StemNumbering;
  /** By number: how many of several documents hold the stem; absent = the one there is. */
  readonly documents?: Uint32Array;
}

/** Numbers of stems that others have, and the slots they stand for. */
export interface StemNumbering {
  /** By number: a slot, or −1 where `learn` has to be asked, which fills it in. */
  slots(): Int32Array;
  /** The slot of a number, made if there is none. */
  learn(number: number): number;
}

export interface DocumentFrequencyOptions {
  /** Most stems kept, those with counts and those with exclusions together; default 200 000. */
  readonly maxStems?: number;
  /** Stems a stored chunk holds at most; a power of two, default 4096 (about 60 kB of JSON). */
  readonly chunkSize?: number;
  /** True = nothing is ever learned (deterministic mode); default false. */
  readonly frozen?: boolean;
  /**
   * Keyed hash under which a stem is stored that no candidate held: such are words of queries, which are not kept. Absent:
   * they are stored as they are.
   */
  readonly hashOf?: (stem: string) => string;
}

const DEFAULT_MAX_STEMS = 200_000;
const DEFAULT_CHUNK_SIZE = 4096;
/** Share of the stems kept when there are too many. */
const KEPT_SHARE = 0.9;
/** Bytes of a stem besides its name: two counts, its places in the map and in the list of names. */
const STEM_BYTES = 72;
const MAX_RANK = 65_535;
/** What a hash in place of a stem begins with; no stem does. */
const HASHED = '#';

/**
 * How many candidates of a namespace's earlier requests held a stem, leaving out those whose query held it: candidates
 * hold the words of their query because they were selected by them, and counting those would ruin the idf.
 *
 * Each stem has a *slot*, a small number under which it is counted. Slots stay good until `epoch` changes.
 */
export class DocumentFrequencies {
  /** Changes when stems were dropped: slots read before are void. */
  epoch = 0;
  private readonly maxStems: number;
  private readonly chunkSize: number;
  private readonly chunkShift: number;
  private readonly frozen: boolean;
  private readonly hashOf: ((stem: string) => string) | undefined;
  private readonly slotOf = new Map<string, number>();
  private readonly names: (string | undefined)[] = [];
  private readonly free: number[] = [];
  private nameBytes = 0;
  /** Slots of which the hash alone is known so far. */
  private hashedCount = 0;
  /** Candidates seen. */
  private total = 0;
  /** By slot: candidates that held the stem, and candidates not counted because their query held it. */
  private counts = new Uint32Array(1024);
  private exclusions = new Uint32Array(1024);
  private readonly changed = new Set<string>();
  /** By chunk: 1 = changed. Kept besides `changed` because learning sets it thousands of times a request. */
  private dirty = new Uint8Array(64);

  /** Throws an Error where the options are out of range. */
  constructor(options: DocumentFrequencyOptions = {}) {
    this.maxStems = options.maxStems ?? DEFAULT_MAX_STEMS;
    this.chunkSize = options.chunkSize ?? DEFAULT_CHUNK_SIZE;
    this.chunkShift = Math.log2(this.chunkSize);
    this.frozen = options.frozen ?? false;
    this.hashOf = options.hashOf;
    if (!Number.isInteger(this.chunkShift)) throw new Error('chunkSize must be a power of two');
    if (!(this.maxStems >= 1)) throw new Error('maxStems must be at least 1');
  }

  /** Estimate of the bytes held. */
  get bytes(): number {
    return this.slotOf.size * STEM_BYTES + this.nameBytes + 8 * this.counts.length;
  }

  /** Number of stems that have a slot. */
  get size(): number {
    return this.slotOf.size;
  }

  /** The slot of a stem, or −1. */
  find(stem: string): number {
    return this.slotOf.get(stem) ?? this.recognise(stem) ?? -1;
  }

  /** The slot of a stem, made if there is none. Never drops another stem: `trim` does. */
  slot(stem: string): number {
    const known = this.slotOf.get(stem) ?? this.recognise(stem);
    return known ?? this.add(detached(stem), this.free.pop() ?? this.names.length);
  }

  /** Candidates whose query did not hold the stem; never negative. `slot` −1 = a stem never met. */
  seen(slot: number): number {
    return slot < 0 ? this.total : Math.max(0, this.total - this.exclusions[slot]!);
  }

  /** How many of the `seen` candidates held the stem; never more than those. */
  count(slot: number): number {
    return slot < 0 ? 0 : Math.min(this.counts[slot]!, this.seen(slot));
  }

  /**
   * Learns from one request: its query's distinct stems and those of its candidates, `documents` in all. Nothing while
   * frozen. Some 10 µs for 50 documents of 90 stems.
   */
  learn(queryStems: readonly string[], stems: readonly DocumentStems[], documents: number): void {
    this.learnBeside(queryStems, documents, () => {
      for (const each of stems) this.countAll(each);
    });
  }

  /** The same from candidates that were added up before: one pass over their distinct stems. */
  learnSums(queryStems: readonly string[], { slots, counts, documents }: StemSums): void {
    this.learnBeside(queryStems, documents, () => {
      const { counts: known, dirty, chunkShift } = this;
      for (let place = 0; place < slots.length; place++) {
        const slot = slots[place]!;
        known[slot]! += counts[place]!;
        dirty[slot >>> chunkShift] = 1;
      }
    });
  }

  /**
   * Drops the least frequent tenth once there are more stems than allowed (some 10 ms for 200 000); constant time while
   * there are not.
   */
  trim(): void {
    if (this.slotOf.size <= this.maxStems) return;
    let excess = this.slotOf.size - Math.floor(this.maxStems * KEPT_SHARE);
    const limit = this.rankLimit(excess);
    // Below the limit all go; at the limit as many as are still too many.
    for (let slot = 0; slot < this.names.length; slot++)
      if (this.rank(slot) < limit) excess -= this.drop(slot);
    for (let slot = 0; slot < this.names.length && excess > 0; slot++) {
      if (this.rank(slot) === limit) excess -= this.drop(slot);
    }
    this.epoch++;
  }

  /** Up to `limit` chunks changed since they were last taken; they count as stored until marked again. */
  takeChanged(limit: number): FrequencyChunk[] {
    for (let chunk = 0; chunk < this.dirty.length; chunk++)
      if (this.dirty[chunk] === 1) this.changed.add(`c${chunk}`);
    this.dirty.fill(0);
    const keys = [...this.changed].slice(0, Math.max(0, limit));
    for (const key of keys) this.changed.delete(key);
    return keys.map((key) => ({
      key,
      value: key === TOTAL_KEY ? writeTotal(this.total) : this.chunkText(key),
    }));
  }

  /** Puts chunks that could not be written back among the changed. */
  markChanged(keys: readonly string[]): void {
    for (const key of keys) this.changed.add(key);
  }

  /**
   * Takes over stored chunks, in any order; an Error once anything was learned. Slots read before are void: texts may
   * have been scored while the store could not be read. Returns the keys of chunks that cannot be read; they are
   * skipped, and what they held is learned anew.
   */
  restore(chunks: readonly FrequencyChunk[]): string[] {
    if (this.total !== 0) throw new Error('document frequencies are restored once, at first');
    this.forgetSlots();
    const damaged: string[] = [];
    const misplaced: StemsChunk[] = [];
    for (const { key, value } of chunks) {
      const read = value === null ? undefined : readChunk(key, value, this.chunkSize);
      if (read === undefined) damaged.push(key);
      else if (read.total !== undefined) this.total = read.total;
      else if (read.number > 2 * (this.maxStems >>> this.chunkShift) + 1) misplaced.push(read);
      else
        for (const [place, entry] of read.stems.entries())
          this.put(entry, read.number * this.chunkSize + place);
    }
    this.collectFree();
    for (const chunk of misplaced) this.move(chunk);
    this.trim();
    return damaged;
  }

  private forgetSlots(): void {
    if (this.slotOf.size === 0) return;
    this.slotOf.clear();
    this.names.length = 0;
    this.free.length = 0;
    this.nameBytes = 0;
    this.hashedCount = 0;
    this.epoch++;
  }

  /** Lets documents be counted, but not under the stems of their own query. */
  private learnBeside(queryStems: readonly string[], documents: number, count: () => void): void {
    if (this.frozen || documents === 0) return;
    const own = queryStems.map((stem) => this.slot(stem));
    const before = own.map((slot) => this.counts[slot]!);
    count();
    own.forEach((slot, index) => {
      this.counts[slot] = before[index]!;
      this.exclusions[slot]! += documents;
      this.dirty[slot >>> this.chunkShift] = 1;
    });
    this.total += documents;
    this.changed.add(TOTAL_KEY);
  }

  /** Gives a slot that was stored under the hash of this stem its name back; undefined where there is none. */
  private recognise(stem: string): number | undefined {
    if (this.hashedCount === 0 || this.hashOf === undefined) return undefined;
    const hash = HASHED + this.hashOf(stem);
    const slot = this.slotOf.get(hash);
    if (slot === undefined) return undefined;
    this.forgetName(hash);
    return this.add(detached(stem), slot);
  }

  private forgetName(name: string): void {
    this.slotOf.delete(name);
    this.nameBytes -= name.length * 2;
    if (name.startsWith(HASHED)) this.hashedCount--;
  }

  private countAll({ numbers, size, numbering, documents }: DocumentStems): void {
    const { chunkShift } = this;
    let { counts, dirty } = this;
    const slots = numbering.slots();
    for (let index = 0; index < size; index++) {
      const number = numbers[index]!;
      let slot = slots[number]!;
      if (slot < 0) {
        slot = numbering.learn(number);
        // There may be more room now, elsewhere.
        counts = this.counts;
        dirty = this.dirty;
      }
      counts[slot]! += documents === undefined ? 1 : documents[number]!;
      dirty[slot >>> chunkShift] = 1;
    }
  }

  private add(stem: string, slot: number): number {
    this.slotOf.set(stem, slot);
    this.names[slot] = stem;
    this.nameBytes += stem.length * 2;
    if (stem.startsWith(HASHED)) this.hashedCount++;
    this.reserve(slot + 1);
    return slot;
  }

  private reserve(slots: number): void {
    if (slots > this.counts.length) {
      this.counts = grown(this.counts, slots);
      this.exclusions = grown(this.exclusions, slots);
    }
    const chunks = (slots >>> this.chunkShift) + 1;
    if (chunks <= this.dirty.length) return;
    const dirty = new Uint8Array(2 * chunks);
    dirty.set(this.dirty);
    this.dirty = dirty;
  }

  private put([stem, count, excluded]: readonly [string, number, number], slot: number): void {
    // The same stem in two chunks: one of them is older. The second is left out and its chunk written again.
    if (this.slotOf.has(stem)) {
      this.reserve(slot + 1);
      this.dirty[slot >>> this.chunkShift] = 1;
      return;
    }
    while (this.names.length < slot) this.names.push(undefined);
    this.add(stem, slot);
    this.counts[slot] = count;
    this.exclusions[slot] = excluded;
    // Written before such stems were hashed.
    if (count === 0 && this.storedName(stem, slot) !== stem) this.dirty[slot >>> this.chunkShift] = 1;
  }

  /** Gives the stems of a chunk whose number is too high other places, lest one number make the arrays huge. */
  private move({ number, stems }: StemsChunk): void {
    this.changed.add(`c${number}`);
    for (const entry of stems) {
      if (this.slotOf.has(entry[0])) continue;
      const slot = this.free.pop() ?? this.names.length;
      this.put(entry, slot);
      this.dirty[slot >>> this.chunkShift] = 1;
    }
  }

  private collectFree(): void {
    for (let slot = this.names.length - 1; slot >= 0; slot--)
      if (this.names[slot] === undefined) this.free.push(slot);
  }

  private rank(slot: number): number {
    return Math.min(MAX_RANK, this.counts[slot]! + this.exclusions[slot]!);
  }

  /** The smallest rank such that at least `excess` stems have this rank or a lower one. */
  private rankLimit(excess: number): number {
    const histogram = new Uint32Array(MAX_RANK + 1);
    for (let slot = 0; slot < this.names.length; slot++) {
      if (this.names[slot] !== undefined) histogram[this.rank(slot)]!++;
    }
    let below = 0;
    let rank = 0;
    while (below + histogram[rank]! < excess) below += histogram[rank++]!;
    return rank;
  }

  /** Drops the stem of a slot and returns 1, or 0 where there is none. */
  private drop(slot: number): number {
    const stem = this.names[slot];
    if (stem === undefined) return 0;
    this.forgetName(stem);
    this.names[slot] = undefined;
    if (this.rank(slot) > 0) this.dirty[slot >>> this.chunkShift] = 1;
    this.counts[slot] = 0;
    this.exclusions[slot] = 0;
    this.free.push(slot);
    return 1;
  }

  private storedName(name: string, slot: number): string {
    const isOfQueries = this.counts[slot] === 0 && !name.startsWith(HASHED);
    return isOfQueries && this.hashOf !== undefined ? HASHED + this.hashOf(name) : name;
  }

  private chunkText(key: string): string | null {
    const first = Number(key.slice(1)) * this.chunkSize;
    const entries: [string, number, number][] = [];
    for (let slot = first; slot < Math.min(first + this.chunkSize, this.names.length); slot++) {
      const name = this.names[slot];
      if (name !== undefined && this.rank(slot) > 0)
        entries.push([this.storedName(name, slot), this.counts[slot]!, this.exclusions[slot]!]);
    }
    return entries.length === 0 ? null : writeChunk(entries);
  }
}

function grown(values: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(Math.max(length, 2 * values.length));
  larger.set(values);
  return larger;
}
