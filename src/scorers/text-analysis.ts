import type { DocumentFrequencies, DocumentStems } from '../text/document-frequencies.js';
import type { Lexicon } from './lexicon.js';

/** A text as term scorers see it. Good while the epochs of its lexicon and document frequencies stand. */
export interface TextAnalysis extends DocumentStems {
  /** Names the text in pair caches; unique in the process, stays when the text is read again. */
  readonly id: number;
  /**
   * Three lists, each `size` long, one after the other, in the order in which the stems first appear: the stems' slots,
   * the id of each stem's first word here, and how often each stem appears.
   */
  readonly slots: Uint32Array;
  /** Number of distinct stems. */
  readonly size: number;
  /** Number of content words. */
  readonly length: number;
  /** So many of the stems, from the first, appear among the first 12 content words. */
  readonly headSize: number;
  /** Pooled word vector of the text, once it was needed and is not the entry's own. */
  vector: Float32Array | undefined;
  readonly lexicon: Lexicon;
  readonly lexiconEpoch: number;
  readonly frequencies: DocumentFrequencies;
  readonly frequencyEpoch: number;
}
