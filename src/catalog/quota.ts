/** Names of quotas, and what each bounds. */
export const QUOTA_NAMES = [
  'max_vectors',
  'max_storage_bytes',
  'max_dimension',
  'max_requests_per_second',
  'max_queries_per_minute',
  'max_queries_per_day',
  'max_concurrent_queries',
  'max_results_per_query',
  'max_batch_size',
  'max_collections',
  'max_namespaces',
  'max_memory_mb',
  'max_connections',
] as const;

export type QuotaName = (typeof QUOTA_NAMES)[number];

/** What happens at a limit: refused; made to wait for a bounded time, then refused; let pass and told of. */
export type QuotaAction = 'reject' | 'throttle' | 'alert';

/** Opt-in: a limit that grows by itself. */
export interface AutoRaise {
  /** Share used from which it is raised, in (0, 1]. */
  readonly above: number;
  /** What the limit is multiplied by, > 1. */
  readonly factor: number;
  /** What it never exceeds. */
  readonly ceiling: number;
}

/** One quota in full. */
export interface QuotaSpec {
  /** Null = no limit. */
  readonly limit: number | null;
  /** Share used from which callers and operators are warned, in (0, 1]; default .8. */
  readonly warning_threshold: number;
  readonly action: QuotaAction;
  /** Of rates alone: what may come at once, ≥ 1; absent = as much as the limit. */
  readonly burst?: number;
  /** Of `max_vectors`, `max_storage_bytes`, `max_memory_mb` and `max_namespaces` alone. */
  readonly auto_raise?: AutoRaise;
}

/** Those that are set; one that is not is inherited, then the tier's, then none. */
export type Quotas = Readonly<Partial<Record<QuotaName, QuotaSpec>>>;

export const TIERS = ['free', 'pro', 'unlimited'] as const;
export type Tier = (typeof TIERS)[number];
