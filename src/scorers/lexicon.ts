import { detached } from '../base/detached.js';
import { SpanTable } from '../base/span-table.js';
import { stem } from '../text/stem.js';
import { STOP_WORDS } from '../text/stop-words.js';

/** A word that was met in a text or query. */
export interface Word {
  /** From 0; good until the lexicon's `epoch` changes. */
  readonly id: number;
  readonly word: string;
  /** Empty for a stop word. */
  readonly stem: string;
}

/** About 20 MB with the words' forms. */
const DEFAULT_MAX_WORDS = 65_536;

/** The distinct words met so far, numbered: what a scorer knows of words is kept in arrays by number. Shared by namespaces. */
export class Lexicon {
  /** Changes when the lexicon starts again: numbers read before are void. */
  epoch = 0;
  private readonly known = new SpanTable<Word>();
  private list: Word[] = [];

  constructor(private readonly maxWords = DEFAULT_MAX_WORDS) {}

  /** Number of words; ids are below it. */
  get size(): number {
    return this.list.length;
  }

  /** The entry of a word as `forEachSpan` gives it, made if there is none. Never starts again: `trim` does. */
  read(source: string, start: number, end: number): Word {
    return this.known.find(source, start, end) ?? this.add(detached(source.slice(start, end)));
  }

  /** The word of an id. */
  at(id: number): Word {
    return this.list[id]!;
  }

  /** Starts again once there are more words than allowed. Constant time while there are not. */
  trim(): void {
    if (this.list.length <= this.maxWords) return;
    this.known.clear();
    this.list = [];
    this.epoch++;
  }

  private add(word: string): Word {
    const entry = { id: this.list.length, word, stem: STOP_WORDS.has(word) ? '' : stem(word) };
    this.known.add(word, entry);
    this.list.push(entry);
    return entry;
  }
}
