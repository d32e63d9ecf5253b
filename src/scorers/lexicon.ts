import { type GroupSum, WordReader } from '../base/word-reader.js';
import { stem } from '../text/stem.js';
import { STOP_WORDS } from '../text/stop-words.js';
import { wordReading } from '../text/words.js';

/** About 20 MB with the words' forms; twice that while a request brings many. */
const DEFAULT_MAX_WORDS = 65_536;
/** Long words count for several. */
const MEAN_WORD_BYTES = 32;
/** How many times the allowed words there may be while a request is read. */
const REQUEST_ROOM = 2;
/** Characters of a text that are read; what stands behind them does not count. Bounds one step between pauses. */
export const MAX_TEXT_LENGTH = 16_384;
/** Content words at a text's start that count as its title or first sentence. */
const HEAD_LENGTH = 12;
/** In place of a stem: a stop word has none that counts. */
const NO_STEM = 0;

/** A text as term scorers see it. Good while the lexicon's epoch stands. */
export interface TextAnalysis {
  /**
   * Three lists, each `size` long, in the order in which the stems first appear: the stems' numbers in the lexicon, from
   * `stride` on the id of each stem's first word here, and from twice `stride` on how often each stem appears.
   */
  readonly lists: Uint32Array;
  readonly stride: number;
  /** Number of distinct stems. */
  readonly size: number;
  /** Number of content words. */
  readonly length: number;
  /** So many of the stems, from the first, appear among the first 12 content words. */
  readonly headSize: number;
  readonly lexicon: Lexicon;
  readonly epoch: number;
}

/**
 * The distinct words met so far and their stems, numbered: what a scorer knows of them is kept in arrays by number. Shared
 * by namespaces: it comes from words alone.
 */
export class Lexicon {
  /** Changes when the lexicon starts again: numbers read before are void. */
  epoch = 0;
  private readonly reader = new WordReader(wordReading);
  /** Names by number, from 1, and the other way round. */
  private stems: string[] = [''];
  private readonly numbers = new Map<string, number>();
  /** Words whose stems are known. */
  private stemmed = 0;
  /** What was read last, and by which name. */
  private lastId = 0;
  private last: TextAnalysis | undefined;

  constructor(private readonly maxWords = DEFAULT_MAX_WORDS) {}

  /** Number of words; ids are below it. */
  get size(): number {
    return this.reader.size;
  }

  /** Stems' numbers are below it. */
  get stemLimit(): number {
    return this.stems.length;
  }

  /**
   * The stems of a text, good until another one is read; the same again if it was the last, by `id`. Some 2 µs for 1000
   * ASCII characters. Never starts again: `trim` does.
   */
  analyse({ id, text }: { readonly id: number; readonly text: string }): TextAnalysis {
    if (this.last !== undefined && this.lastId === id) return this.last;
    const { reader, epoch } = this;
    reader.read(text.slice(0, MAX_TEXT_LENGTH));
    for (const { size } = reader; this.stemmed < size; this.stemmed++)
      reader.setGroup(this.stemmed, this.stemOf(reader.word(this.stemmed)));
    const { lists, stride, size, length, headSize } = reader.group(HEAD_LENGTH);
    this.lastId = id;
    this.last = { lists, stride, size, length, headSize, lexicon: this, epoch };
    return this.last;
  }

  /** By a stem's number: its place in the text read last + 1, where that is this one; 0 or none = not there. */
  placesIn(analysis: TextAnalysis): Uint32Array | undefined {
    return analysis === this.last ? this.reader.places : undefined;
  }

  /** Begins to add texts up, in place of those before. */
  beginSum(): void {
    this.reader.beginSum();
  }

  /** Adds up a text, if it is the one read last; returns whether it is. */
  addToSum(analysis: TextAnalysis): boolean {
    const isLast = analysis === this.last;
    if (isLast) this.reader.addToSum();
    return isLast;
  }

  /** The stems of the texts added up, good until another text is read. */
  sum(): GroupSum {
    return this.reader.sum();
  }

  /** The number of a stem, given to it if it has none. */
  number(stem: string): number {
    const known = this.numbers.get(stem);
    if (known !== undefined) return known;
    const number = this.stems.push(stem) - 1;
    this.numbers.set(stem, number);
    return number;
  }

  /** The stem of a number. */
  stem(number: number): string {
    return this.stems[number]!;
  }

  /** The word of an id, cut out anew. */
  word(id: number): string {
    return this.reader.word(id);
  }

  /** Starts again once there are more words than allowed: before a request. Constant time while there are not. */
  trim(): void {
    this.trimTo(this.maxWords);
  }

  /** The same between two texts of a request, for which there is room for as many words again. */
  trimBetween(): void {
    this.trimTo(REQUEST_ROOM * this.maxWords);
  }

  private trimTo(maxWords: number): void {
    const { reader } = this;
    const words = Math.max(reader.size, this.stems.length - 1);
    if (words <= maxWords && reader.wordBytes <= maxWords * MEAN_WORD_BYTES) return;
    reader.clear();
    this.stems = [''];
    this.numbers.clear();
    this.stemmed = 0;
    this.last = undefined;
    this.epoch++;
  }

  private stemOf(word: string): number {
    return STOP_WORDS.has(word) ? NO_STEM : this.number(stem(word));
  }
}
