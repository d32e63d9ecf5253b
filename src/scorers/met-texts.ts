import { FINGERPRINT_LENGTH } from '../base/text-fingerprints.js';

/** Numbers of 32 bits a place has: a fingerprint, then a text's number in two parts, 0 = free; a power of two. */
const PLACE = 8;
const LOW = FINGERPRINT_LENGTH;
const HIGH = LOW + 1;
const PARTS = 2 ** 32;
const PLACES_PER_TEXT = 2;
const FIRST_CAPACITY = 64;
/** Bytes that a text takes in a generation. */
const TEXT_BYTES = PLACES_PER_TEXT * PLACE * Uint32Array.BYTES_PER_ELEMENT;

/** Texts met since it began, by fingerprint; never more than its capacity. */
class Generation {
  size = 0;
  private readonly places: Uint32Array;
  private readonly mask: number;

  /** `capacity`: a power of two, or 0. */
  constructor(readonly capacity: number) {
    this.places = new Uint32Array(capacity * PLACES_PER_TEXT * PLACE);
    this.mask = this.places.length - 1;
  }

  get bytes(): number {
    return this.places.byteLength;
  }

  /** The number of a text, or 0. */
  find(fingerprint: Uint32Array): number {
    if (this.size === 0) return 0;
    return this.numberAt(this.placeOf(fingerprint));
  }

  /** Adds a text that is not here; there must be room. */
  add(fingerprint: Uint32Array, number: number): void {
    const { places } = this;
    const at = this.placeOf(fingerprint);
    places.set(fingerprint, at);
    places[at + LOW] = number % PARTS;
    places[at + HIGH] = number / PARTS;
    this.size++;
  }

  /** The same texts with room for more. */
  grown(capacity: number): Generation {
    const larger = new Generation(capacity);
    for (let at = 0; at < this.places.length; at += PLACE) {
      const number = this.numberAt(at);
      if (number !== 0) larger.add(this.places.subarray(at, at + FINGERPRINT_LENGTH), number);
    }
    return larger;
  }

  clear(): void {
    this.places.fill(0);
    this.size = 0;
  }

  private numberAt(at: number): number {
    return this.places[at + LOW]! + PARTS * this.places[at + HIGH]!;
  }

  /** Where a text stands, or where it would go. */
  private placeOf(fingerprint: Uint32Array): number {
    const { places, mask } = this;
    const [first, second, third, fourth] = fingerprint as unknown as readonly [
      number,
      number,
      number,
      number,
    ];
    let at = (first * PLACE) & mask;
    while (
      (places[at + LOW] !== 0 || places[at + HIGH] !== 0) &&
      (places[at] !== first ||
        places[at + 1] !== second ||
        places[at + 2] !== third ||
        places[at + 3] !== fourth)
    )
      at = (at + PLACE) & mask;
    return at;
  }
}

const NOTHING = new Generation(0);

/**
 * Which texts were met lately, by fingerprints: most texts are met once, and of those nothing is worth keeping but that they
 * were. In two generations: once the younger is full it takes the place of the older, which is forgotten; so none has to be
 * taken out. Grows up to its bound before anything is forgotten.
 */
export class MetTexts {
  private readonly maxCapacity: number;
  private young = NOTHING;
  private old = NOTHING;

  /** `maxBytes`: bound of `bytes`; where it is too small for anything, nothing is ever known. */
  constructor(maxBytes: number) {
    this.maxCapacity = 2 ** Math.floor(Math.log2(maxBytes / 2 / TEXT_BYTES));
  }

  get bytes(): number {
    return this.young.bytes + this.old.bytes;
  }

  /** The number of a text if it was met lately; else notes it under `fresh`, an integer from 1 to 2^53, and returns 0. */
  meet(fingerprint: Uint32Array, fresh: number): number {
    const current = this.young.find(fingerprint);
    if (current !== 0) return current;
    const earlier = this.old.find(fingerprint);
    this.note(fingerprint, earlier === 0 ? fresh : earlier);
    return earlier;
  }

  clear(): void {
    this.young = NOTHING;
    this.old = NOTHING;
  }

  private note(fingerprint: Uint32Array, number: number): void {
    if (this.maxCapacity < 1) return;
    if (this.young.size === this.young.capacity) this.makeRoom();
    this.young.add(fingerprint, number);
  }

  private makeRoom(): void {
    const { young, old, maxCapacity } = this;
    if (young.capacity < maxCapacity) {
      this.young = young.grown(Math.min(Math.max(FIRST_CAPACITY, 2 * young.capacity), maxCapacity));
      return;
    }
    old.clear();
    this.young = old.capacity === maxCapacity ? old : new Generation(maxCapacity);
    this.old = young;
  }
}
