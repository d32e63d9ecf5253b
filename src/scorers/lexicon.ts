import { type WordList, WordReader } from '../base/word-reader.js';
import { wordReading } from '../text/words.js';

/** About 20 MB with the words' forms. */
const DEFAULT_MAX_WORDS = 65_536;
/** Long words count for several. */
const MEAN_WORD_BYTES = 32;

/** The distinct words met so far, numbered: what a scorer knows of words is kept in arrays by number. Shared by namespaces. */
export class Lexicon {
  /** Changes when the lexicon starts again: numbers read before are void. */
  epoch = 0;
  private readonly reader = new WordReader(wordReading);

  constructor(private readonly maxWords = DEFAULT_MAX_WORDS) {}

  /** Number of words; ids are below it. */
  get size(): number {
    return this.reader.size;
  }

  /**
   * The ids of a text's words in order, stop words too; overwritten by the next text. Never starts again: `trim` does.
   */
  read(text: string): WordList {
    return this.reader.read(text);
  }

  /** The word of an id, cut out anew. */
  word(id: number): string {
    return this.reader.word(id);
  }

  /** Starts again once there are more words than allowed. Constant time while there are not. */
  trim(): void {
    const { reader } = this;
    if (reader.size <= this.maxWords && reader.wordBytes <= this.maxWords * MEAN_WORD_BYTES) return;
    reader.clear();
    this.epoch++;
  }
}
