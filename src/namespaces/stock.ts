/** What one namespace takes of what its quotas bound. */
export interface Holdings {
  /** Remembered queries, each a vector. */
  readonly cells: number;
  /** Bytes of what is stored of it, and of what waits to be. */
  readonly storedBytes: number;
}

/** A quota of what there may be at all. Namespaces that draw from the same pool hold it together. */
export interface StockQuota {
  readonly pool: string;
  readonly quota: 'max_vectors' | 'max_storage_bytes' | 'max_memory_mb';
  /** Cells, or bytes. */
  readonly limit: number;
  /** False: what exceeds it passes, and is told of. */
  readonly isRefusing: boolean;
}

/** Takes back what is not needed any more, and notes what the namespace holds now. */
export type Release = (holds: Holdings) => void;

/** The room that namespaces have; told how much they hold. */
export interface Stock {
  /** The quotas of a namespace; empty for most. One look-up. */
  quotasOf(name: string): readonly StockQuota[];
  /**
   * Takes room for what a feedback adds to what the namespace holds, until it is released. Rejects with `QuotaError`,
   * having taken none, and with `StorageError` where the family cannot be measured.
   */
  take(name: string, holds: Holdings, added: Holdings): Promise<Release>;
  note(name: string, holds: Holdings): void;
  /**
   * Sees to it that it is known what the pools of a namespace hold, by the quotas and families as they are now. Rejects with
   * `StorageError`. Costs a measurement for each member nobody told of yet, once.
   */
  settle(name: string): Promise<void>;
  /** Whether it is known, be it by quotas and families as they were until a moment ago. */
  isKnown(name: string): boolean;
  /** Whether nothing may be kept that a query leaves; as far as it is known by now. */
  isFull(name: string): boolean;
}

/** Which quota a feedback would exceed, and what limit it would fit. */
export interface ExceededQuota extends Pick<StockQuota, 'pool' | 'quota'> {
  /** Cells, or bytes. */
  readonly needed: number;
  /** For the caller. */
  readonly message: string;
}

/** A feedback would exceed a quota; nothing has changed. */
export class QuotaError extends Error {
  override readonly name = 'QuotaError';

  constructor(readonly exceeded: ExceededQuota) {
    super(exceeded.message);
  }
}

/** Nothing is bounded. */
export const NO_STOCK: Stock = {
  quotasOf: () => NO_QUOTAS,
  take: async () => () => undefined,
  note: () => undefined,
  settle: async () => undefined,
  isKnown: () => true,
  isFull: () => false,
};

const NO_QUOTAS: readonly StockQuota[] = Object.freeze([]);
