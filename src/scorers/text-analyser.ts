import type { DocumentFrequencies } from '../text/document-frequencies.js';
import type { Lexicon } from './lexicon.js';
import { Slab } from './slab.js';
import { SlotIndex } from './slot-index.js';
import type { TextAnalysis } from './text-analysis.js';
import type { TextCache, TextEntry } from './text-cache.js';
import { STOP_WORD, WordSlots } from './word-slots.js';

/** Characters of a text that are read; what stands behind them does not count. Bounds one step between pauses. */
export const MAX_TEXT_LENGTH = 16_384;
/** Content words at a text's start that count as its title or first sentence. */
const HEAD_LENGTH = 12;
const ANALYSIS_BYTES = 300;

let lastId = 0;

/** Reads the texts of one namespace. */
export class TextAnalyser {
  private readonly wordSlots: WordSlots;
  private readonly slab = new Slab();

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

  /** The analysis of an entry, made or made again where it is missing or void. Some 8 µs for 1000 new characters. */
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
    return {
      id: earlier?.id ?? ++lastId,
      ...this.count(text),
      vector: earlier?.vector,
      lexicon: this.lexicon,
      lexiconEpoch: this.lexicon.epoch,
      frequencies: this.frequencies,
      frequencyEpoch: this.frequencies.epoch,
    };
  }

  /** Lists the distinct stems of a text. */
  private count(text: string): Pick<TextAnalysis, 'slots' | 'size' | 'length' | 'headSize'> {
    const { index, wordSlots } = this;
    const { ids, count } = this.lexicon.read(text.slice(0, MAX_TEXT_LENGTH));
    const known = wordSlots.known();
    const { slots, words, counts } = scratchFor(count);
    index.start(this.frequencies.size);
    const { base } = index;
    let { places } = index;
    let size = 0;
    let length = 0;
    let headSize = 0;
    for (let word = 0; word < count; word++) {
      const id = ids[word]!;
      let slot = known[id]!;
      if (slot < STOP_WORD) slot = wordSlots.learn(id);
      if (slot === STOP_WORD) continue;
      if (slot >= places.length) {
        index.set(slot, -1);
        places = index.places;
      }
      const place = places[slot]! - base;
      if (place >= 0) {
        counts[place]!++;
      } else {
        places[slot] = base + size;
        slots[size] = slot;
        words[size] = id;
        counts[size++] = 1;
      }
      if (++length <= HEAD_LENGTH) headSize = size;
    }
    const lists = this.slab.cut(3 * size);
    for (let place = 0; place < size; place++) {
      lists[place] = slots[place]!;
      lists[size + place] = words[place]!;
      lists[2 * size + place] = counts[place]!;
    }
    return { slots: lists, size, length, headSize };
  }
}

/** Scratch space of all analysers for the lists of one text: reading is synchronous. */
let scratch = newLists(1024);

function newLists(length: number) {
  return {
    slots: new Int32Array(length),
    words: new Int32Array(length),
    counts: new Int32Array(length),
  };
}

function scratchFor(words: number): typeof scratch {
  if (words > scratch.slots.length) scratch = newLists(2 * words);
  return scratch;
}

function bytesOf(analysis: TextAnalysis): number {
  return ANALYSIS_BYTES + analysis.slots.byteLength;
}
