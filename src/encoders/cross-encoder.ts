import type { ModelCall } from '../base/model-call.js';

/**
 * What scores a query and a text together. Driver: `onnx`.
 *
 * Promises: equal pairs give equal scores for one `name` and `version`; calls may overlap; after `close` calls reject.
 */
export interface CrossEncoder {
  readonly name: string;
  /** Changes whenever scores may change. */
  readonly version: string;
  /**
   * Raw scores (logits), one per text, in order, finite, each by itself: what is done is had even where the rest fails.
   * Rejections, with `ModelError`, are handled already, so a caller may look at some only.
   */
  scoreEach(query: string, texts: readonly string[], call: ModelCall): readonly Promise<number>[];
  close(): Promise<void>;
}
