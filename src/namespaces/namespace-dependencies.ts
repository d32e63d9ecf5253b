import type { Clock } from '../base/clock.js';
import type { KeyedHash } from '../base/keyed-hash.js';
import type { Encoder } from '../encoders/encoder.js';
import type { LentScorer } from '../scorers/scorer-pool.js';
import type { Store } from '../stores/store.js';
import type { VectorIndex } from '../vectors/vector-index.js';
import type { ImpressionBudget } from './impression-buffer.js';
import type { MemorySettings } from './memory.js';
import type { NamespacePolicies } from './namespace-policies.js';
import type { Stock } from './stock.js';
import type { UnwrittenBudget } from './unwritten-feedback.js';

/** What namespaces are made with; one object for all of them. */
export interface NamespaceDependencies {
  readonly store: Store;
  /**
   * What a namespace scores with from when it is opened until it is closed. Rejects with `AppError` where that cannot be
   * had; then the namespace cannot be opened.
   */
  lendScorer(namespace: string): LentScorer | Promise<LentScorer>;
  /** What holds for a namespace now; may be another object at any time. One look-up. */
  policiesOf(namespace: string): NamespacePolicies;
  readonly stock: Stock;
  /** Makes keys and narratives. */
  readonly encoder: Encoder;
  readonly hash: KeyedHash;
  /**
   * Sees to it that `hash` goes by the lasting key, where it can be had: namespaces forget what they hashed under another.
   * Answers whether it does. Throws `StorageError` `damaged` where the key's file is cut off.
   */
  installHash(): boolean;
  /** Keep document ids as keyed hashes alone (`PRIVACY_HASH_IDS`). */
  readonly hashIds: boolean;
  readonly clock: Clock;
  readonly memory: MemorySettings;
  /** Makes an empty vector index. */
  openIndex(dimension: number): VectorIndex<string>;
  /** Document frequencies are not learned (`DETERMINISTIC`). */
  readonly frozen: boolean;
  /** Bounds of the text cache, the pair cache and the remembered queries of one namespace. */
  readonly maxTextBytes: number;
  readonly maxPairBytes: number;
  readonly maxQueryBytes: number;
  readonly impressionMaxBytes: number;
  readonly impressionMaxCount: number;
  readonly impressionBudget: ImpressionBudget;
  readonly unwrittenBudget: UnwrittenBudget;
  /** Longest wait for the state of a namespace before it ranks without. */
  readonly storageTimeoutMs: number;
  readonly events: NamespaceEvents;
}

/** What a namespace tells of itself, for logs and metrics. */
export interface NamespaceEvents {
  storageFailed(namespace: string, operation: string, error: Error): void;
  /** Stored records that could not be read and were left out. */
  recordsDamaged(namespace: string, count: number): void;
  /** State was dropped because nothing keeps it (`STORAGE_BACKEND=memory`). */
  stateDropped(namespace: string): void;
  /** The state was written under another hash key: known texts are not recognised, vectors are. */
  hashKeyChanged(namespace: string): void;
  /** So many feedbacks that were acknowledged before they were written (`relaxed`) are lost: the stored state is another one. */
  feedbackLost(namespace: string, count: number): void;
}
