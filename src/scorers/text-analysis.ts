import type { DocumentFrequencies, DocumentStems } from '../text/document-frequencies.js';
import type { Lexicon } from './lexicon.js';

/** A text as term scorers see it. Good while the epochs of its lexicon and document frequencies stand. */
export interface TextAnalysis extends DocumentStems {
  /**
   * Three lists, each `size` long, in the order in which the stems first appear: the stems' slots, from `stride` on the
   * id of each stem's first word here, and from twice `stride` on how often each stem appears.
   */
  readonly slots: Uint32Array;
  readonly stride: number;
  /** Number of distinct stems. */
  readonly size: number;
  /** Number of content words. */
  readonly length: number;
  /** So many of the stems, from the first, appear among the first 12 content words. */
  readonly headSize: number;
  readonly lexicon: Lexicon;
  readonly lexiconEpoch: number;
  readonly frequencies: DocumentFrequencies;
  readonly frequencyEpoch: number;
}
