import type { DocumentFrequencies, StemNumbering } from '../text/document-frequencies.js';
import type { Lexicon } from './lexicon.js';

const UNKNOWN = -1;
const STEP = 1024;

/** The slots of the lexicon's stems in one namespace: an array look-up in place of one by name. */
export class StemSlots implements StemNumbering {
  /** By a stem's number. */
  private known = new Int32Array(0);
  private lexiconEpoch = -1;
  private frequencyEpoch = -1;

  constructor(
    private readonly lexicon: Lexicon,
    private readonly frequencies: DocumentFrequencies,
  ) {}

  get bytes(): number {
    return this.known.byteLength;
  }

  /** What is known, with room for every stem of the lexicon; good until stems are dropped. */
  slots(): Int32Array {
    const { lexicon, frequencies } = this;
    if (this.lexiconEpoch !== lexicon.epoch || this.frequencyEpoch !== frequencies.epoch) {
      this.lexiconEpoch = lexicon.epoch;
      this.frequencyEpoch = frequencies.epoch;
      this.clear();
    }
    if (this.known.length < lexicon.stemLimit) {
      const known = new Int32Array(STEP * Math.ceil((1.5 * lexicon.stemLimit) / STEP)).fill(UNKNOWN);
      known.set(this.known);
      this.known = known;
    }
    return this.known;
  }

  learn(stem: number): number {
    const slot = this.frequencies.slot(this.lexicon.stem(stem));
    this.known[stem] = slot;
    return slot;
  }

  /** The slots of these stems; those that have none get one. */
  of(stems: Uint32Array): Uint32Array {
    const slots = this.slots();
    return stems.map((stem) => (slots[stem]! < 0 ? this.learn(stem) : slots[stem]!));
  }

  clear(): void {
    this.known = new Int32Array(0);
  }
}
