import type { DocumentFrequencies, DocumentStems } from '../text/document-frequencies.js';
import type { TextAnalysis } from './text-analysis.js';
import type { TextEntry } from './text-cache.js';

const FIRST_LENGTH = 4096;
/** Most stems gathered, half a megabyte: some 900 documents of 1000 characters. */
const MAX_LENGTH = 131_072;

/**
 * The stems of the texts read for one request, one text after the other, for the learning that mostly follows at once:
 * so their analyses need not be kept. Scratch space that the next request takes over.
 */
export class RequestStems implements DocumentStems {
  slots = new Uint32Array(FIRST_LENGTH);
  size = 0;
  /** Those of the request's texts that are not here. */
  missing: TextEntry[] = [];
  private texts: readonly TextEntry[] | undefined;
  private frequencies: DocumentFrequencies | undefined;
  private epoch = 0;

  /** Begins with the texts of a request. */
  begin(texts: readonly TextEntry[], frequencies: DocumentFrequencies): void {
    this.texts = texts;
    this.frequencies = frequencies;
    this.epoch = frequencies.epoch;
    this.size = 0;
    this.missing = [];
  }

  /** Notes one of the texts, with its analysis where it was read. Nothing once another request has begun. */
  add(texts: readonly TextEntry[], text: TextEntry, analysis?: TextAnalysis): void {
    if (texts !== this.texts) return;
    if (analysis === undefined || !this.hasRoom(analysis.size)) {
      this.missing.push(text);
      return;
    }
    const { slots } = analysis;
    for (let place = 0; place < analysis.size; place++) this.slots[this.size++] = slots[place]!;
  }

  /** Whether these are of such a request, and still good. */
  isOf(texts: readonly TextEntry[], frequencies: DocumentFrequencies): boolean {
    return texts === this.texts && frequencies === this.frequencies && frequencies.epoch === this.epoch;
  }

  /** Forgets the request. */
  end(): void {
    this.texts = undefined;
    this.frequencies = undefined;
    this.missing = [];
  }

  private hasRoom(more: number): boolean {
    const needed = this.size + more;
    if (needed <= this.slots.length) return true;
    if (needed > MAX_LENGTH) return false;
    const longer = new Uint32Array(Math.min(2 * needed, MAX_LENGTH));
    longer.set(this.slots);
    this.slots = longer;
    return true;
  }
}
