import { LRUCache } from 'lru-cache';
import { vectorBytes } from '../base/vector-bytes.js';
import type { PairSimilarities } from '../ranking/pair-similarities.js';
import { QueryVectors } from '../scorers/query-vectors.js';
import type { QueryGuard } from '../text/query-guard.js';
import type { RememberedSearch } from './query-cells.js';

/** What is known of a query by its text alone. */
export interface KnownQuery {
  readonly cellId: string;
  readonly guard: QueryGuard;
  readonly guardJson: string;
  /** The key encoder's vector of the query. */
  readonly embedding: Float32Array;
  /** What depends on its best base results too; replaced when they change. */
  keyed: KeyedQuery | null;
}

/** Key of a query over given best results, with its last search. */
export interface KeyedQuery {
  /** Ids of the texts of the best results the key was made of, best first; not their vectors, which would weigh most. */
  readonly best: readonly number[];
  readonly key: Float32Array | null;
  readonly keyJson: string;
  search: RememberedSearch | null;
  /** Of the best with each other; null = not needed yet. */
  similarities: PairSimilarities | null;
}

/** Bytes of a query besides its texts and vectors: a third are the similarities of its best results. */
const ENTRY_BYTES = 1700;
/** Characters of a key's JSON for each number of the key. */
const JSON_PER_NUMBER = 4 / 3;
/** Share of the bytes that bare vectors may take. */
const VECTOR_SHARE = 0.1;

/** Remembers queries, so that one known with the same best results costs no encoding, no hashing and no search. */
export class QueryMemo {
  /** Vectors of queries by the key encoder, for whoever else needs them. */
  readonly vectors: QueryVectors;
  private readonly queries: LRUCache<string, KnownQuery>;

  /** `maxBytes`: bound of `bytes`; a query of usual length takes some 5 KB. */
  constructor(
    private readonly dimension: number,
    maxBytes: number,
  ) {
    const vectorShare = Math.floor(VECTOR_SHARE * maxBytes);
    this.vectors = new QueryVectors(vectorShare);
    this.queries = new LRUCache({ maxSize: Math.max(1, maxBytes - vectorShare) });
  }

  get(query: string): KnownQuery | undefined {
    return this.queries.get(query);
  }

  set(query: string, known: KnownQuery): void {
    // Its own vector and its key's; the key's JSON; the texts in the larger of an engine's two encodings.
    const keyBytes = 2 * vectorBytes(this.dimension) + Math.ceil(JSON_PER_NUMBER * this.dimension);
    const size = ENTRY_BYTES + keyBytes + 2 * query.length + 4 * known.guardJson.length;
    this.queries.set(query, known, { size });
  }

  clear(): void {
    this.queries.clear();
    this.vectors.clear();
  }

  /** Estimate of the bytes held. */
  get bytes(): number {
    return this.queries.calculatedSize + this.vectors.bytes;
  }
}

/** Whether a key made of `best` holds for these texts: a text has one vector. */
export function sameTexts(best: readonly number[], texts: readonly { readonly id: number }[]): boolean {
  return best.length === texts.length && best.every((id, i) => id === texts[i]!.id);
}
