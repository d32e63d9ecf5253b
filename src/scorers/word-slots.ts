import type { DocumentFrequencies } from '../text/document-frequencies.js';
import { stem } from '../text/stem.js';
import { STOP_WORDS } from '../text/stop-words.js';
import type { Lexicon } from './lexicon.js';

/** In place of a slot: a stop word, which has no stem that counts. */
export const STOP_WORD = -1;
const UNKNOWN = -2;
const STEP = 1024;

/** The slots of the lexicon's words in one namespace: an array look-up in place of one by stem. */
export class WordSlots {
  /** By word id. */
  private slots = new Int32Array(0);
  private lexiconEpoch = -1;
  private frequencyEpoch = -1;

  constructor(
    private readonly lexicon: Lexicon,
    private readonly frequencies: DocumentFrequencies,
  ) {}

  get bytes(): number {
    return this.slots.byteLength;
  }

  /**
   * What is known, by word id, with room for every word of the lexicon: a slot, `STOP_WORD`, or below that where `learn`
   * has to be asked, which fills it in. Good until the next text is read or stems are dropped.
   */
  known(): Int32Array {
    const { lexicon, frequencies } = this;
    if (this.lexiconEpoch !== lexicon.epoch || this.frequencyEpoch !== frequencies.epoch) {
      this.lexiconEpoch = lexicon.epoch;
      this.frequencyEpoch = frequencies.epoch;
      this.clear();
    }
    if (this.slots.length < lexicon.size) {
      const slots = new Int32Array(STEP * Math.ceil((1.5 * lexicon.size) / STEP)).fill(UNKNOWN);
      slots.set(this.slots);
      this.slots = slots;
    }
    return this.slots;
  }

  /** The slot of a word's stem, made if there is none, or `STOP_WORD`. */
  learn(id: number): number {
    const word = this.lexicon.word(id);
    const slot = STOP_WORDS.has(word) ? STOP_WORD : this.frequencies.slot(stem(word));
    this.slots[id] = slot;
    return slot;
  }

  clear(): void {
    this.slots = new Int32Array(0);
  }
}
