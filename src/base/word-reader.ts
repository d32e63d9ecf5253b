import { randomFillSync } from 'node:crypto';
import { WORDS_MODULE } from './kernels/words-module.js';
import { instantiate, type KernelMemory } from './web-assembly.js';

/** Class of an ASCII character that parts words and is none. Classes of characters of longer words are below `ALONE`. */
export const PARTS_WORDS = 255;
/** Class of an ASCII character that is a word of its own, as it stands. */
export const ALONE = 254;

/** Is given a word as the part of `source` from `start` to before `end`. */
export type VisitSpan = (source: string, start: number, end: number) => void;

/** How texts are cut into words. */
export interface Reading {
  /** By ASCII code: the code of the lower-case character of a longer word, `ALONE` or `PARTS_WORDS`. */
  readonly asciiClasses: Uint8Array;
  /** The same for any text: calls `visit` with each word, folded, in order. */
  forEachSpan(text: string, visit: VisitSpan): void;
}

/** The words of a text by their numbers, in order, in the first `count` places. */
export interface WordList {
  readonly ids: Int32Array;
  readonly count: number;
}

/** The distinct groups of a text's words, in the order in which they first appear. */
export interface WordGroups {
  /** Three lists: the groups, from `stride` on the first word of each, from twice `stride` on how often each appears. */
  readonly lists: Uint32Array;
  readonly stride: number;
  /** Number of groups. */
  readonly size: number;
  /** Number of words that are in groups. */
  readonly length: number;
  /** So many of the groups, from the first, are in the text's head. */
  readonly headSize: number;
}

/** The groups of several texts together. */
export interface GroupSum {
  /** In the first `size` places: the groups, each once. */
  readonly groups: Uint32Array;
  readonly size: number;
  /** By group: how many of the texts have it. */
  readonly texts: Uint32Array;
}

/** What `kernels/words.as.ts` exports; addresses are good until the next call. */
interface WordsKernel extends KernelMemory {
  begin(words: number, tail: bigint, head: bigint, rest: bigint): void;
  textAt(length: number): number;
  idsAt(): number;
  count(): number;
  wordAt(number: number): number;
  wordBytes(): number;
  read(length: number): number;
  one(length: number): number;
  setGroup(word: number, group: number): void;
  group(count: number, head: number): number;
  listsAt(): number;
  placesAt(): number;
  placesRoom(): number;
  groupedWords(): number;
  headSize(): number;
  beginSum(): void;
  addToSum(): void;
  summedGroups(): number;
  summedAt(): number;
  textsAt(): number;
}

const FIRST_WORDS = 1024;
const FIRST_TEXT_BYTES = 16_384;
const LISTS = 3;
const NO_BYTES = new Uint8Array(0);
/** Stands before the two bytes of a UTF-16 unit beyond ASCII. */
const WIDE = 0x80;
/** Bytes a UTF-16 unit takes at most. */
const UNIT_BYTES = 3;

const encoder = new TextEncoder();

/**
 * Turns texts into numbers of words, from 0 in the order in which words come: some 1 µs for 1000 ASCII characters, which
 * a kernel reads 64 at a time, against 80 ns a word for a slice and a Map. Words are kept as bytes, an ASCII
 * character as one, any other UTF-16 unit as three; their places depend on a seed, so that nobody can prepare words
 * that fall into one place. Grows without bound: clear it when it is large enough.
 */
export class WordReader implements WordList {
  ids = new Int32Array(0);
  count = 0;
  private kernel: WordsKernel;
  private capacity = 0;
  /** The kernel's memory as bytes, where a text goes, and where its numbers stand. */
  private bytes = new Uint8Array(0);
  private text = new Uint8Array(0);
  /** By group: its place in the text that was grouped last + 1; 0 = not there. */
  places = new Uint32Array(0);
  private lists = new Uint32Array(0);
  private summed = new Uint32Array(0);
  private texts = new Uint32Array(0);
  /** Numbers of a text that is not ASCII. */
  private collected = new Int32Array(1024);

  constructor(private readonly reading: Reading) {
    this.kernel = beginKernel(reading.asciiClasses);
  }

  /** Number of words met so far; numbers are below it. */
  get size(): number {
    return this.kernel.count();
  }

  /** Bytes of the words together. */
  get wordBytes(): number {
    return this.kernel.wordBytes();
  }

  /** The words of a text; the same object always, overwritten by the next text. */
  read(text: string): WordList {
    this.reserve(text.length + 1);
    const { read, written } = encoder.encodeInto(text, this.text);
    // As many bytes as characters: all of them are ASCII.
    if (read === text.length && written === text.length) {
      this.count = this.kernel.read(text.length);
      this.follow();
    } else {
      this.readSpans(text);
    }
    return this;
  }

  /** Puts a word into a group, from 1; words are in none at first, which is 0. */
  setGroup(word: number, group: number): void {
    this.kernel.setGroup(word, group);
    if (group >= this.places.length) this.bytes = NO_BYTES;
  }

  /** The groups of the text that was read last, good until the next is read; its first `head` words in groups are its head. */
  group(head: number): WordGroups {
    const { kernel, count } = this;
    const size = kernel.group(count, head);
    this.follow();
    const { lists } = this;
    return { lists, stride: count + 1, size, length: kernel.groupedWords(), headSize: kernel.headSize() };
  }

  /** Begins to add texts up. */
  beginSum(): void {
    this.kernel.beginSum();
  }

  /** Adds the text up that was grouped last. */
  addToSum(): void {
    this.kernel.addToSum();
  }

  /** What was added up, good until a text is read. */
  sum(): GroupSum {
    this.follow();
    return { groups: this.summed, size: this.kernel.summedGroups(), texts: this.texts };
  }

  /** A word by its number, cut out anew. */
  word(number: number): string {
    this.follow();
    const { bytes } = this;
    const end = this.kernel.wordAt(number + 1);
    let word = '';
    for (let at = this.kernel.wordAt(number); at < end; at++) {
      const byte = bytes[at]!;
      word += String.fromCharCode(byte < WIDE ? byte : (bytes[++at]! << 8) | bytes[++at]!);
    }
    return word;
  }

  /** Forgets all words. */
  clear(): void {
    this.kernel = beginKernel(this.reading.asciiClasses);
    this.capacity = 0;
  }

  private readSpans(text: string): void {
    this.count = 0;
    this.reading.forEachSpan(text, (source, start, end) => {
      if (start >= end) return;
      this.reserve(UNIT_BYTES * (end - start));
      const length = writeUnits(source, start, end, this.text);
      this.push(this.kernel.one(length));
    });
    this.reserve(this.count);
    this.ids.set(this.collected.subarray(0, this.count));
  }

  private push(id: number): void {
    if (this.count === this.collected.length) {
      const longer = new Int32Array(2 * this.count);
      longer.set(this.collected);
      this.collected = longer;
    }
    this.collected[this.count++] = id;
  }

  /** Makes room for a text of so many bytes. */
  private reserve(length: number): void {
    if (length > this.capacity) {
      const capacity = Math.max(2 * length, FIRST_TEXT_BYTES);
      // Parts may move even where there is no room for all of them.
      this.bytes = NO_BYTES;
      this.kernel.textAt(capacity);
      this.capacity = capacity;
    }
    this.follow();
  }

  /** Looks at the kernel's memory anew where it has grown, or parts of it have moved. */
  private follow(): void {
    const { kernel } = this;
    const { memory } = kernel;
    if (this.bytes.buffer === memory.buffer) return;
    this.bytes = new Uint8Array(memory.buffer);
    this.text = new Uint8Array(memory.buffer, kernel.textAt(0), this.capacity);
    this.ids = new Int32Array(memory.buffer, kernel.idsAt(), this.capacity);
    this.lists = new Uint32Array(memory.buffer, kernel.listsAt(), LISTS * (this.capacity + 1));
    const groups = kernel.placesRoom();
    this.places = new Uint32Array(memory.buffer, kernel.placesAt(), groups);
    this.summed = new Uint32Array(memory.buffer, kernel.summedAt(), groups);
    this.texts = new Uint32Array(memory.buffer, kernel.textsAt(), groups);
  }
}

/** A kernel with an empty table for words of these classes. */
function beginKernel(classes: Uint8Array): WordsKernel {
  const kernel = instantiate<WordsKernel>(WORDS_MODULE);
  const tables = [
    tableOf(classes, (kind) => kind < ALONE),
    tableOf(classes, (kind) => kind === ALONE),
    tableOf(classes, (kind, code) => kind < ALONE && kind !== code),
  ];
  const at = kernel.textAt(tables.length * TABLE_BYTES);
  const bytes = new Uint8Array(kernel.memory.buffer);
  for (const [index, table] of tables.entries()) bytes.set(table, at + index * TABLE_BYTES);
  const [tail, head, rest] = randomFillSync(new BigUint64Array(3));
  kernel.begin(FIRST_WORDS, tail!, head!, rest!);
  return kernel;
}

const TABLE_BYTES = 16;

/** A set of ASCII characters as the kernel has it: by the low half of a code, a bit for each high half. */
function tableOf(classes: Uint8Array, isIn: (kind: number, code: number) => boolean): Uint8Array {
  const table = new Uint8Array(TABLE_BYTES);
  for (let code = 0; code < classes.length; code++)
    if (isIn(classes[code]!, code)) table[code & 15]! |= 1 << (code >> 4);
  return table;
}

/** Writes the UTF-16 units of a span as a word's bytes to the start of `target`; returns how many bytes. */
function writeUnits(source: string, start: number, end: number, target: Uint8Array): number {
  let length = 0;
  for (let index = start; index < end; index++) {
    const unit = source.charCodeAt(index);
    if (unit >= WIDE) {
      target[length++] = WIDE;
      target[length++] = unit >>> 8;
    }
    target[length++] = unit;
  }
  return length;
}
