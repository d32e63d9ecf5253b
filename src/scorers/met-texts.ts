import { FINGERPRINT_LENGTH } from '../base/text-fingerprints.js';

/** The first part of a fingerprint, by which a place is found, lies apart from the rest: most texts are new, and seen to be by it. */
const REST = FINGERPRINT_LENGTH - 1;
/** Numbers of 32 bits the rest of a place has: the rest of a fingerprint, then a text's number in two parts; 0 = free. */
const PLACE = REST + 2;
const LOW = REST;
const HIGH = REST + 1;
const PARTS = 2 ** 32;
const PLACES_PER_TEXT = 2;
const FIRST_CAPACITY = 64;
/** Bytes that a text takes in a generation. */
const TEXT_BYTES = PLACES_PER_TEXT * (1 + PLACE) * Uint32Array.BYTES_PER_ELEMENT;

/** Texts met since it began, by fingerprint; never more than its capacity. */
class Generation {
  size = 0;
  private readonly firsts: Uint32Array;
  private readonly rests: Uint32Array;
  private readonly mask: number;

  /** `capacity`: a power of two, or 0. */
  constructor(readonly capacity: number) {
    const places = capacity * PLACES_PER_TEXT;
    this.firsts = new Uint32Array(places);
    this.rests = new Uint32Array(places * PLACE);
    this.mask = places - 1;
  }

  get bytes(): number {
    return this.firsts.byteLength + this.rests.byteLength;
  }

  /** The number of a text, or 0. */
  find(fingerprint: Uint32Array): number {
    return this.size === 0 ? 0 : this.numberAt(this.placeOf(fingerprint));
  }

  /** Adds a text that is not here; there must be room. */
  add(fingerprint: Uint32Array, number: number): void {
    const { firsts, rests } = this;
    const place = this.placeOf(fingerprint);
    firsts[place] = mark(fingerprint);
    const at = place * PLACE;
    for (let part = 0; part < REST; part++) rests[at + part] = fingerprint[part + 1]!;
    rests[at + LOW] = number % PARTS;
    rests[at + HIGH] = number / PARTS;
    this.size++;
  }

  /** The same texts with room for more. */
  grown(capacity: number): Generation {
    const larger = new Generation(capacity);
    const fingerprint = new Uint32Array(FINGERPRINT_LENGTH);
    for (let place = 0; place <= this.mask; place++) {
      if (this.firsts[place] === 0) continue;
      fingerprint[0] = this.firsts[place]!;
      fingerprint.set(this.rests.subarray(place * PLACE, place * PLACE + REST), 1);
      larger.add(fingerprint, this.numberAt(place));
    }
    return larger;
  }

  clear(): void {
    this.firsts.fill(0);
    this.size = 0;
  }

  /** 0 where nothing is. */
  private numberAt(place: number): number {
    if (this.firsts[place] === 0) return 0;
    return this.rests[place * PLACE + LOW]! + PARTS * this.rests[place * PLACE + HIGH]!;
  }

  /** Where a text stands, or where it would go. */
  private placeOf(fingerprint: Uint32Array): number {
    const { firsts, rests, mask } = this;
    const first = mark(fingerprint);
    let place = first & mask;
    for (let found = firsts[place]!; found !== 0; found = firsts[place]!) {
      const at = place * PLACE;
      if (
        found === first &&
        rests[at] === fingerprint[1] &&
        rests[at + 1] === fingerprint[2] &&
        rests[at + 2] === fingerprint[3]
      )
        break;
      place = (place + 1) & mask;
    }
    return place;
  }
}

/** The first part of a fingerprint, which is not 0: that means free. */
function mark(fingerprint: Uint32Array): number {
  return fingerprint[0]! || 1;
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
