import { LRUCache } from 'lru-cache';
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
  /** Vectors of the best results the key was made of; compared by identity. */
  readonly best: readonly Float32Array[];
  readonly key: Float32Array | null;
  readonly keyJson: string;
  search: RememberedSearch | null;
  /** Cosine of each two different ones of the best, row by row, and the largest of two different ones; null = not needed yet. */
  similarities: { readonly cosines: Float64Array; readonly largest: number } | null;
}

/** Bytes of a query besides its texts and vectors. */
const ENTRY_BYTES = 1500;
/** Share of the bytes that bare vectors may take. */
const VECTOR_SHARE = 0.1;

/** Remembers queries, so that one known with the same best results costs no encoding, no hashing and no search. */
export class QueryMemo {
  /** Vectors of queries by the key encoder, for whoever else needs them. */
  readonly vectors: QueryVectors;
  private readonly queries: LRUCache<string, KnownQuery>;

  /** `maxBytes`: bound of `bytes`; a query of usual length takes some 4 KB. */
  constructor(
    private readonly dimension: number,
    maxBytes: number,
  ) {
    const vectorBytes = Math.floor(VECTOR_SHARE * maxBytes);
    this.vectors = new QueryVectors(vectorBytes);
    this.queries = new LRUCache({ maxSize: Math.max(1, maxBytes - vectorBytes) });
  }

  get(query: string): KnownQuery | undefined {
    return this.queries.get(query);
  }

  set(query: string, known: KnownQuery): void {
    // Two vectors, and the texts in the larger of an engine's two encodings.
    const size = ENTRY_BYTES + 8 * this.dimension + 2 * query.length + 4 * known.guardJson.length;
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

/** Whether a key made of `best` still holds for these vectors. */
export function sameVectors(best: readonly Float32Array[], vectors: readonly Float32Array[]): boolean {
  return best.length === vectors.length && best.every((vector, i) => vector === vectors[i]);
}
