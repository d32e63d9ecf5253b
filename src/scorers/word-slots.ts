import type { DocumentFrequencies } from '../text/document-frequencies.js';
import type { Lexicon, Word } from './lexicon.js';

const STEP = 1024;

/** The slots of the lexicon's words in one namespace: an array look-up in place of one by stem. */
export class WordSlots {
  /** By word id: slot + 1, 0 = not looked up yet. */
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

  /** Forgets slots that dropped stems or a new lexicon made void. Before each text. */
  start(): void {
    const { lexicon, frequencies } = this;
    if (this.lexiconEpoch === lexicon.epoch && this.frequencyEpoch === frequencies.epoch) return;
    this.lexiconEpoch = lexicon.epoch;
    this.frequencyEpoch = frequencies.epoch;
    this.slots = new Int32Array(0);
  }

  /** The slot of a word's stem, made if there is none. */
  of(word: Word): number {
    const known = this.slots[word.id];
    if (known !== undefined && known > 0) return known - 1;
    if (word.id >= this.slots.length) this.grow(word.id + 1);
    const slot = this.frequencies.slot(word.stem);
    this.slots[word.id] = slot + 1;
    return slot;
  }

  clear(): void {
    this.slots = new Int32Array(0);
  }

  private grow(words: number): void {
    const slots = new Int32Array(STEP * Math.ceil((1.5 * words) / STEP));
    slots.set(this.slots);
    this.slots = slots;
  }
}
