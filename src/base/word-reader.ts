import { HASH_FACTOR, HASH_START, UNIT_BYTES, WordTable, writeUnits } from './word-table.js';

/** A class of ASCII characters that part words and are no word. */
export const PARTS_WORDS = 0;
/** Added to the character's code: it is a word of its own. */
export const ALONE = 128;

/** Is given a word as the part of `source` from `start` to before `end`. */
export type VisitSpan = (source: string, start: number, end: number) => void;

/** How texts are cut into words. */
export interface Reading {
  /** By ASCII code: `PARTS_WORDS`, the code of the lower-case character of a longer word, or that code + `ALONE`. */
  readonly asciiClasses: Uint8Array;
  /** The same for any text: calls `visit` with each word, folded, in order. */
  forEachSpan(text: string, visit: VisitSpan): void;
}

/** The words of a text by their numbers, in order, in the first `count` places. */
export interface WordList {
  readonly ids: Int32Array;
  readonly count: number;
}

const encoder = new TextEncoder();
/** Scratch space of all readers: reading is synchronous. */
let bytes = new Uint8Array(65_536);

/** Turns texts into numbers of words: one pass over the bytes where a text is ASCII, some 4 µs for 1000 of them. */
export class WordReader implements WordList {
  /** The words met so far. */
  readonly table = new WordTable();
  ids = new Int32Array(4096);
  count = 0;

  constructor(private readonly reading: Reading) {}

  /** The words of a text, numbered by `table`; the same object always, overwritten by the next text. */
  read(text: string): WordList {
    reserve(text.length + 1);
    const { read, written } = encoder.encodeInto(text, bytes);
    // As many bytes as characters: all of them are ASCII.
    if (read === text.length && written === text.length) this.readAscii(text.length);
    else this.readSpans(text);
    return this;
  }

  private readAscii(length: number): void {
    const { table } = this;
    const { asciiClasses } = this.reading;
    if (this.ids.length <= length) this.ids = new Int32Array(2 * length);
    const { ids } = this;
    const source = bytes;
    let count = 0;
    let start = 0;
    let state = HASH_START;
    // A byte that parts words ends the last one.
    source[length] = 0x20;
    for (let index = 0; index <= length; index++) {
      const kind = asciiClasses[source[index]!]!;
      if (kind !== PARTS_WORDS && kind < ALONE) {
        source[index] = kind;
        state = Math.imul(state ^ kind, HASH_FACTOR);
        continue;
      }
      if (start < index) ids[count++] = table.number(source, start, index, state);
      state = HASH_START;
      start = index + 1;
      if (kind !== PARTS_WORDS)
        ids[count++] = table.number(source, index, start, Math.imul(state ^ (kind - ALONE), HASH_FACTOR));
    }
    this.count = count;
  }

  private readSpans(text: string): void {
    this.count = 0;
    this.reading.forEachSpan(text, (source, start, end) => {
      reserve(UNIT_BYTES * (end - start));
      const length = writeUnits(source, start, end, bytes);
      let state = HASH_START;
      for (let index = 0; index < length; index++) state = Math.imul(state ^ bytes[index]!, HASH_FACTOR);
      this.push(this.table.number(bytes, 0, length, state));
    });
  }

  private push(id: number): void {
    if (this.count === this.ids.length) {
      const ids = new Int32Array(2 * this.count);
      ids.set(this.ids);
      this.ids = ids;
    }
    this.ids[this.count++] = id;
  }
}

function reserve(length: number): void {
  if (length > bytes.length) bytes = new Uint8Array(2 * length);
}
