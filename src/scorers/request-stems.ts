import type { DocumentStems, StemNumbering } from '../text/document-frequencies.js';
import type { Lexicon, TextAnalysis } from './lexicon.js';
import type { TextEntry } from './text-cache.js';

/**
 * The stems of the texts read for one request, added up by the lexicon as they are read, for the learning that mostly
 * follows at once: so their analyses need not be kept. The next request takes over.
 */
export class RequestStems {
  /** Those of the request's texts that are not here. */
  missing: TextEntry[] = [];
  private texts: readonly TextEntry[] | undefined;
  private lexicon: Lexicon | undefined;
  private epoch = 0;
  private reading = 0;

  /**
   * Begins with the texts of a request; gives what `add` asks for. Where several scorers read the same texts, those count
   * that the last one reads.
   */
  begin(texts: readonly TextEntry[], lexicon: Lexicon): number {
    this.texts = texts;
    this.lexicon = lexicon;
    this.epoch = lexicon.epoch;
    this.missing = [];
    lexicon.beginSum();
    return ++this.reading;
  }

  /** Notes one of the texts, with its analysis where it was just read. Nothing once another reading has begun. */
  add(reading: number, text: TextEntry, analysis?: TextAnalysis): void {
    if (reading !== this.reading) return;
    const isRead = analysis !== undefined && analysis.epoch === this.epoch;
    if (!isRead || !this.lexicon!.addToSum(analysis)) this.missing.push(text);
  }

  /** Whether these are of such a request, and still good. */
  isOf(texts: readonly TextEntry[], lexicon: Lexicon): boolean {
    return texts === this.texts && lexicon === this.lexicon && lexicon.epoch === this.epoch;
  }

  /**
   * Ends the request; gives the stems of its texts that are not missing, good until another one is read. `numbering`: of the
   * lexicon's stems in its namespace.
   */
  take(numbering: StemNumbering): DocumentStems {
    const { groups, size, texts } = this.lexicon!.sum();
    this.end();
    return { numbers: groups, size, numbering, documents: texts };
  }

  /** Forgets the request of these texts, if it is the one here. */
  endOf(texts: readonly TextEntry[]): void {
    if (texts === this.texts) this.end();
  }

  /** Forgets the request. */
  end(): void {
    this.reading++;
    this.texts = undefined;
    this.lexicon = undefined;
    this.missing = [];
  }
}
