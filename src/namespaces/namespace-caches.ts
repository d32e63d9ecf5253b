import type { NamespaceScorer } from '../scorers/scorer.js';
import type { TextCache } from '../scorers/text-cache.js';
import type { QueryMemo } from './query-memo.js';

/** Share of what they hold that makes room at least, where some must: so that it need not at every request. */
const LEAST_TRIMMED = 0.1;

/** What a namespace holds that can be made again. */
export class NamespaceCaches {
  constructor(
    private readonly texts: TextCache,
    private readonly queries: QueryMemo,
    private readonly scorer: NamespaceScorer,
  ) {}

  /** Bytes held (estimate). */
  get bytes(): number {
    return this.texts.bytes + this.scorer.bytes + this.queries.bytes;
  }

  /** Makes room of at least so many bytes: what is computed here goes, then scores of models, used least recently first. */
  trim(bytes: number): void {
    const target = this.bytes - Math.max(bytes, LEAST_TRIMMED * this.bytes);
    this.texts.clear();
    this.queries.clear();
    this.scorer.trim(this.bytes - target);
  }

  /** Forgets all, also what is being asked for. */
  clear(): void {
    this.texts.clear();
    this.queries.clear();
    this.scorer.clear();
  }
}
