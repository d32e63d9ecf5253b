import type { DocumentStems, StemNumbering } from '../text/document-frequencies.js';
import type { Lexicon, TextAnalysis } from './lexicon.js';
import type { TextEntry } from './text-cache.js';

const FIRST_LENGTH = 4096;
/** Most stems gathered, half a megabyte: some 900 documents of 1000 characters. */
const MAX_LENGTH = 131_072;

/**
 * The stems of the texts read for one request, one text after the other, for the learning that mostly follows at once:
 * so their analyses need not be kept. Scratch space that the next request takes over.
 */
export class RequestStems {
  /** Those of the request's texts that are not here. */
  missing: TextEntry[] = [];
  /** Numbers in the lexicon, in the first `size` places. */
  private stems = new Uint32Array(FIRST_LENGTH);
  private size = 0;
  private texts: readonly TextEntry[] | undefined;
  private lexicon: Lexicon | undefined;
  private epoch = 0;

  /** Begins with the texts of a request. */
  begin(texts: readonly TextEntry[], lexicon: Lexicon): void {
    this.texts = texts;
    this.lexicon = lexicon;
    this.epoch = lexicon.epoch;
    this.size = 0;
    this.missing = [];
  }

  /** Notes one of the texts, with its analysis where it was read. Nothing once another request has begun. */
  add(texts: readonly TextEntry[], text: TextEntry, analysis?: TextAnalysis): void {
    if (texts !== this.texts) return;
    if (analysis === undefined || analysis.epoch !== this.epoch || !this.hasRoom(analysis.size)) {
      this.missing.push(text);
      return;
    }
    this.stems.set(analysis.lists.subarray(0, analysis.size), this.size);
    this.size += analysis.size;
  }

  /** Whether these are of such a request, and still good. */
  isOf(texts: readonly TextEntry[], lexicon: Lexicon): boolean {
    return texts === this.texts && lexicon === this.lexicon && lexicon.epoch === this.epoch;
  }

  /** Ends the request; gives its stems, good until another one begins. `numbering`: of the lexicon's stems in its namespace. */
  take(numbering: StemNumbering): DocumentStems {
    this.texts = undefined;
    this.lexicon = undefined;
    this.missing = [];
    return { slots: this.stems, size: this.size, numbering };
  }

  private hasRoom(more: number): boolean {
    const needed = this.size + more;
    if (needed <= this.stems.length) return true;
    if (needed > MAX_LENGTH) return false;
    const longer = new Uint32Array(Math.min(2 * needed, MAX_LENGTH));
    longer.set(this.stems);
    this.stems = longer;
    return true;
  }
}
