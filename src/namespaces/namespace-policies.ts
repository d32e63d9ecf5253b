/**
 * What holds for one namespace instead of the settings; what is absent, the settings decide. Frozen: while nothing
 * changes, the same object.
 */
export interface NamespacePolicies {
  /** Days after which memory that nobody confirmed goes; null = never. */
  readonly retentionDays?: number | null | undefined;
  /** False: nothing of it is looked up in caches, or kept in them. */
  readonly cacheEnabled?: boolean | undefined;
  /** How long scores of an upstream are good for, in milliseconds. */
  readonly cacheTtlMs?: number | undefined;
  /** `strong`, as without: a feedback is on disk before it is acknowledged; `relaxed`: written at the next flush. */
  readonly consistency?: 'strong' | 'relaxed' | undefined;
  /** Weights of the memory, over those of the settings. */
  readonly weights?: PolicyWeights | undefined;
}

export interface PolicyWeights {
  readonly weightDense?: number;
  readonly weightNarrative?: number;
  readonly weightPheromone?: number;
}

/** The settings decide everything. */
export const NO_POLICIES: NamespacePolicies = Object.freeze({});
