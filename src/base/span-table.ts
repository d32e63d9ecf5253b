import { randomInt } from 'node:crypto';
import { detached } from './detached.js';

const FIRST_CAPACITY = 1024;
/** Drawn once per process, so that nobody can prepare words that fall into one place. */
const SEED = randomInt(2 ** 32 - 1);

/**
 * A map from words to values that is asked with a span of a text, without cutting the word out: some 25 ns against 80 ns
 * for a slice and a Map. Grows without bound: clear it when it is large enough.
 */
export class SpanTable<T> {
  private keys: string[] = [];
  private values: T[] = [];
  /** By entry. */
  private hashes = new Int32Array(FIRST_CAPACITY);
  /** Open addressing: entry + 1, 0 = free; twice as long as there may be entries. */
  private places = new Int32Array(2 * FIRST_CAPACITY);

  /** Number of words. */
  get size(): number {
    return this.keys.length;
  }

  /** The value of the word that stands in `source` from `start` to before `end`. */
  find(source: string, start: number, end: number): T | undefined {
    const { places, hashes, keys } = this;
    const mask = places.length - 1;
    const hash = hashOf(source, start, end);
    for (let place = hash & mask; places[place] !== 0; place = (place + 1) & mask) {
      const entry = places[place]! - 1;
      if (hashes[entry] === hash && isSpan(keys[entry]!, source, start, end)) return this.values[entry];
    }
    return undefined;
  }

  /** Adds a word that is not there yet; keeps a copy that shares no memory with a text. */
  add(word: string, value: T): void {
    const entry = this.keys.length;
    if (entry === this.hashes.length) this.grow();
    this.keys.push(detached(word));
    this.values.push(value);
    this.hashes[entry] = hashOf(word, 0, word.length);
    this.put(entry);
  }

  clear(): void {
    this.keys = [];
    this.values = [];
    this.places.fill(0);
  }

  private grow(): void {
    const hashes = new Int32Array(2 * this.hashes.length);
    hashes.set(this.hashes);
    this.hashes = hashes;
    this.places = new Int32Array(2 * hashes.length);
    for (let entry = 0; entry < this.keys.length; entry++) this.put(entry);
  }

  private put(entry: number): void {
    const mask = this.places.length - 1;
    let place = this.hashes[entry]! & mask;
    while (this.places[place] !== 0) place = (place + 1) & mask;
    this.places[place] = entry + 1;
  }
}

/** FNV-1a over UTF-16 units from a secret start, with MurmurHash3's finaliser. */
function hashOf(source: string, start: number, end: number): number {
  let state = SEED;
  for (let index = start; index < end; index++)
    state = Math.imul(state ^ source.charCodeAt(index), 0x01000193);
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  return state ^ (state >>> 13);
}

function isSpan(word: string, source: string, start: number, end: number): boolean {
  if (word.length !== end - start) return false;
  for (let index = 0; index < word.length; index++) {
    if (word.charCodeAt(index) !== source.charCodeAt(start + index)) return false;
  }
  return true;
}
