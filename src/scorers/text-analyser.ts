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
const LISTS = 3;
const FIRST_STRIDE = 1024;

/** Room for the analysis of one text, of all analysers, and whose it holds; a longer one takes its place where needed. */
let desk = newDesk(FIRST_STRIDE);

function newDesk(stride: number) {
  return {
    slots: new Uint32Array(LISTS * stride),
    stride,
    entryId: 0,
    analysis: undefined as TextAnalysis | undefined,
  };
}

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

  /**
   * The analysis of an entry, good until the next one is read; that of a repeated text is kept. Keeping takes half as long
   * as making one anew: some 5 µs for 1000 new characters.
   */
  read(entry: TextEntry): TextAnalysis {
    return entry.isRepeated ? this.keep(entry) : (this.known(entry) ?? this.analyse(entry));
  }

  /** The analysis of an entry, kept with it. */
  keep(entry: TextEntry): TextAnalysis {
    const known = this.known(entry) ?? this.analyse(entry);
    const { analysis } = entry;
    if (known === analysis) return known;
    const { slots, stride, size } = known;
    const lists = this.slab.cut(LISTS * size);
    for (let list = 0; list < LISTS; list++)
      for (let place = 0; place < size; place++) lists[list * size + place] = slots[list * stride + place]!;
    const kept = { ...known, slots: lists, stride: size };
    entry.analysis = kept;
    this.texts.grew(entry, bytesOf(kept) - (analysis === undefined ? 0 : bytesOf(analysis)));
    return kept;
  }

  /** Forgets what can be looked up again. */
  clear(): void {
    this.wordSlots.clear();
    desk.entryId = 0;
    desk.analysis = undefined;
  }

  /** An analysis that was made before and still holds. */
  private known(entry: TextEntry): TextAnalysis | undefined {
    if (this.isCurrent(entry.analysis)) return entry.analysis;
    return desk.entryId === entry.id && this.isCurrent(desk.analysis) ? desk.analysis : undefined;
  }

  private isCurrent(analysis: TextAnalysis | undefined): analysis is TextAnalysis {
    return (
      analysis !== undefined &&
      analysis.lexicon === this.lexicon &&
      analysis.lexiconEpoch === this.lexicon.epoch &&
      analysis.frequencies === this.frequencies &&
      analysis.frequencyEpoch === this.frequencies.epoch
    );
  }

  /** Lists the distinct stems of a text. */
  private analyse(entry: TextEntry): TextAnalysis {
    const { index, wordSlots, lexicon, frequencies } = this;
    const { ids, count } = lexicon.read(entry.text.slice(0, MAX_TEXT_LENGTH));
    const known = wordSlots.known();
    if (count > desk.stride) desk = newDesk(2 * count);
    const { slots, stride } = desk;
    index.start(frequencies.size);
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
        slots[2 * stride + place]!++;
      } else {
        places[slot] = base + size;
        slots[size] = slot;
        slots[stride + size] = id;
        slots[2 * stride + size++] = 1;
      }
      if (++length <= HEAD_LENGTH) headSize = size;
    }
    desk.entryId = entry.id;
    desk.analysis = {
      slots,
      stride,
      size,
      length,
      headSize,
      lexicon,
      lexiconEpoch: lexicon.epoch,
      frequencies,
      frequencyEpoch: frequencies.epoch,
    };
    return desk.analysis;
  }
}

function bytesOf(analysis: TextAnalysis): number {
  return ANALYSIS_BYTES + analysis.slots.byteLength;
}
