import { LRUCache } from 'lru-cache';
import { textDigest } from '../base/text-digest.js';
import type { TextEntry } from './text-cache.js';

/** Bytes of a query besides its text, and of a pair. */
const QUERY_BYTES = 300;
const PAIR_BYTES = 150;
/** Most pairs of one query; a query that meets more starts anew. */
const MAX_PAIRS = 16_384;

/** Raw scores by query, and in each query by text, of one namespace; bounded in bytes, least recently used query first out. */
export class PairScores {
  private readonly queries: LRUCache<string, Map<string, number>>;

  constructor(maxBytes: number) {
    this.queries = new LRUCache({ maxSize: Math.max(1, Math.floor(maxBytes)) });
  }

  /** Bytes held (estimate). */
  get bytes(): number {
    return this.queries.calculatedSize;
  }

  /** The scores of a query's texts; undefined where a pair is not known. */
  get(query: string, texts: readonly TextEntry[]): (number | undefined)[] {
    const known = this.queries.get(query);
    return texts.map((entry) => known?.get(digestOf(entry)));
  }

  /** Keeps the scores that are there. */
  keep(query: string, texts: readonly TextEntry[], scores: readonly (number | undefined)[]): void {
    const known = this.queries.get(query) ?? new Map<string, number>();
    if (known.size + texts.length > MAX_PAIRS) known.clear();
    texts.forEach((entry, index) => {
      const score = scores[index];
      if (score !== undefined) known.set(digestOf(entry), score);
    });
    // Setting the same value again would keep its old size.
    this.queries.delete(query);
    this.queries.set(query, known, { size: QUERY_BYTES + 2 * query.length + PAIR_BYTES * known.size });
  }

  clear(): void {
    this.queries.clear();
  }
}

function digestOf(entry: TextEntry): string {
  entry.digest ??= textDigest(entry.text);
  return entry.digest;
}
