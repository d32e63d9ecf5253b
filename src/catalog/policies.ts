/** How a namespace differs from the settings; what is absent is inherited from the one above, then from the settings. */
export interface Policies {
  /** Days after which memory that nobody confirmed goes; null = never. */
  readonly retention_days?: number | null;
  /** False: nothing of this namespace is looked up in caches, or kept in them. */
  readonly cache_enabled?: boolean;
  /** How long scores of an upstream are good for. */
  readonly cache_ttl_seconds?: number;
  /** `strong`: a feedback is on disk before it is acknowledged; `relaxed`: acknowledged from memory, written at the next flush. */
  readonly consistency?: 'strong' | 'relaxed';
  /** As `SCORER` is written. */
  readonly scorer?: string;
  /** Another reranker behind us than the settings name. */
  readonly upstream?: UpstreamPolicy;
  /** Weights of the memory, ≥ 0, as `WEIGHT_DENSE`, `WEIGHT_NARRATIVE`, `WEIGHT_PHEROMONE`. */
  readonly weight_dense?: number;
  readonly weight_narrative?: number;
  readonly weight_pheromone?: number;
}

export interface UpstreamPolicy {
  readonly url: string;
  readonly dialect: string;
  readonly model?: string;
  /** Name of a key in `UPSTREAM_API_KEYS`; no record ever holds a secret. */
  readonly api_key_name?: string;
}

export type PolicyName = keyof Policies;
