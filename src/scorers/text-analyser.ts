import type { DocumentFrequencies } from '../text/document-frequencies.js';
import { forEachSpan } from '../text/words.js';
import type { Lexicon } from './lexicon.js';
import { SlotIndex } from './slot-index.js';
import type { TextAnalysis } from './text-analysis.js';
import type { TextCache, TextEntry } from './text-cache.js';
import { WordSlots } from './word-slots.js';

/** Characters of a text that are read; what stands behind them does not count. Bounds one step between pauses. */
export const MAX_TEXT_LENGTH = 16_384;
/** Content words at a text's start that count as its title or first sentence. */
const HEAD_LENGTH = 12;
const ANALYSIS_BYTES = 300;

let lastId = 0;

/** Reads the texts of one namespace. */
export class TextAnalyser {
  private readonly wordSlots: WordSlots;
  private readonly scratch = { slots: [] as number[], words: [] as number[], counts: [] as number[] };

  /** `index`: scratch space that analysers may share. */
  constructor(
    private readonly texts: TextCache,
    private readonly frequencies: DocumentFrequencies,
    private readonly lexicon: Lexicon,
    private readonly index = new SlotIndex(),
  ) {
    this.wordSlots = new WordSlots(lexicon, frequencies);
  }

  /** Bytes held besides the analyses. */
  get bytes(): number {
    return this.wordSlots.bytes;
  }

  /** The analysis of an entry, made or made again where it is missing or void. Some 15 µs for 1000 new characters. */
  read(entry: TextEntry): TextAnalysis {
    const { analysis } = entry;
    if (analysis !== undefined && this.isCurrent(analysis)) return analysis;
    const fresh = this.analyse(entry.text, analysis);
    entry.analysis = fresh;
    const before = analysis === undefined ? 0 : bytesOf(analysis);
    this.texts.grew(entry, bytesOf(fresh) - before);
    return fresh;
  }

  /** Forgets what can be looked up again. */
  clear(): void {
    this.wordSlots.clear();
  }

  private isCurrent(analysis: TextAnalysis): boolean {
    return (
      analysis.lexicon === this.lexicon &&
      analysis.lexiconEpoch === this.lexicon.epoch &&
      analysis.frequencies === this.frequencies &&
      analysis.frequencyEpoch === this.frequencies.epoch
    );
  }

  private analyse(text: string, earlier: TextAnalysis | undefined): TextAnalysis {
    const { length, headSize } = this.count(text);
    const { slots, words, counts } = this.scratch;
    const size = slots.length;
    const lists = new Uint32Array(3 * size);
    lists.set(slots);
    lists.set(words, size);
    lists.set(counts, 2 * size);
    return {
      id: earlier?.id ?? ++lastId,
      slots: lists,
      size,
      length,
      headSize,
      vector: earlier?.vector,
      lexicon: this.lexicon,
      lexiconEpoch: this.lexicon.epoch,
      frequencies: this.frequencies,
      frequencyEpoch: this.frequencies.epoch,
    };
  }

  /** Fills the scratch lists with the text's distinct stems. */
  private count(text: string): { length: number; headSize: number } {
    const { index, frequencies, lexicon, wordSlots } = this;
    const { slots, words, counts } = this.scratch;
    slots.length = 0;
    words.length = 0;
    counts.length = 0;
    let length = 0;
    let headSize = 0;
    index.start(frequencies.size);
    wordSlots.start();
    forEachSpan(text.slice(0, MAX_TEXT_LENGTH), (source, start, end) => {
      const word = lexicon.read(source, start, end);
      if (word.stem === '') return;
      const slot = wordSlots.of(word);
      const place = index.get(slot);
      if (place >= 0) {
        counts[place]!++;
      } else {
        index.set(slot, slots.length);
        slots.push(slot);
        words.push(word.id);
        counts.push(1);
      }
      if (++length <= HEAD_LENGTH) headSize = slots.length;
    });
    return { length, headSize };
  }
}

function bytesOf(analysis: TextAnalysis): number {
  return ANALYSIS_BYTES + analysis.slots.byteLength;
}
