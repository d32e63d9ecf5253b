import type { ModelCall } from '../base/model-call.js';
import type { ModelWishes } from '../base/request-wishes.js';

/**
 * What scores a query with texts: a cross-encoder here, or a reranker elsewhere.
 *
 * Promises: pairs that are equal in query, text, `keyOf(wishes)`, `name` and `version` may share their score; where
 * `isListwise` holds only if all the list's texts are the same. Calls may overlap; after `close` calls reject. It
 * remembers nothing and shares nothing: who calls it has seen to both.
 */
export interface PairModel {
  /** `cross-encoder` or `upstream`. */
  readonly name: string;
  /** Changes whenever scores may change: model, URL, dialect, windows. */
  readonly version: string;
  /** What `scoreEach` gives unless wished otherwise: 0…1, or any number that is .5 at 0 through the logistic function. */
  readonly scale: 'probability' | 'logit';
  /** The same for these wishes; where it differs, so does `keyOf`. */
  scaleOf(wishes: ModelWishes | undefined): 'probability' | 'logit';
  /** Whether a score depends on the other texts of its list; then only whole lists are remembered. */
  isListwise(wishes: ModelWishes | undefined, namespace: string): boolean;
  /** The wishes on which scores depend, as a key under which they are remembered; equal keys, equal scores. Holds no secret. */
  keyOf(wishes: ModelWishes | undefined, namespace: string): string;
  /** The model that would answer, by the name people have for it, which purges take; absent: `name`. */
  modelOf?(wishes: ModelWishes | undefined, namespace: string): string;
  /**
   * Raw scores, one per text, in order, finite, each by itself: what is done is had even where the rest fails. Texts differ
   * from each other. Rejections are handled already, so a caller may look at some only: `ModelError`, for which something
   * may stand in, or `AppError`, a refusal that the caller must see.
   */
  scoreEach(query: string, texts: readonly string[], call: PairCall): readonly Promise<number>[];
  close(): Promise<void>;
}

/** What the caller of a pair model says besides the texts. */
export interface PairCall extends ModelCall {
  readonly wishes?: ModelWishes | undefined;
  /** Told, before its score comes, of a text of which only the start was scored: not to be remembered as that of the whole. */
  readonly onCut?: ((place: number) => void) | undefined;
}
