import { LRUCache } from 'lru-cache';
import { QueryPairs } from './query-pairs.js';
import { readQueryTerms } from './query-terms.js';

/** What one query asks of its texts, for the pairs of one namespace: by query, and in each query by text. */
export class PairCache {
  private readonly queries: LRUCache<string, QueryPairs>;

  /**
   * `maxBytes`: bound of all pairs together; a query that alone needs more is not kept. `soft`: whether pairs hold
   * similarities and cosines.
   */
  constructor(
    maxBytes: number,
    private readonly soft: boolean,
  ) {
    this.queries = new LRUCache({ maxSize: Math.max(1, Math.floor(maxBytes)) });
  }

  /** Bytes held (estimate). */
  get bytes(): number {
    return this.queries.calculatedSize;
  }

  /** The pairs of a query, new and empty, for `expected` pairs, where there are none. Call `keep` after adding to them. */
  get(query: string, expected = 0): QueryPairs {
    return this.queries.get(query) ?? new QueryPairs(query, readQueryTerms(query), this.soft, expected);
  }

  /** Keeps a query's pairs, at their present size. */
  keep(pairs: QueryPairs): void {
    // Setting the same value again would keep its old size.
    this.queries.delete(pairs.query);
    this.queries.set(pairs.query, pairs, { size: pairs.bytes });
  }

  clear(): void {
    this.queries.clear();
  }
}
