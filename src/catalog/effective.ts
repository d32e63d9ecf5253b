import type { Policies, PolicyName } from './policies.js';
import type { QuotaName, QuotaSpec, Tier } from './quota.js';
import type { KeptStatus } from './status.js';

/** A pool of quotas: that of one registered namespace, held by it and all below it together. */
export interface QuotaLevel {
  readonly id: string;
  /** Those with a limit: its own, else those of the tier that is set here. */
  readonly quotas: ReadonlyMap<QuotaName, QuotaSpec & { readonly limit: number }>;
}

/** What holds for a namespace, registered or not. Frozen, and made anew when anything it was made of changes. */
export interface Effective {
  readonly name: string;
  readonly isRegistered: boolean;
  /** The most restrictive of its own and of those above; `active` for one that is not registered. */
  readonly status: KeptStatus;
  /** Whose status that is. */
  readonly statusOf: string;
  readonly tier: Tier;
  /** Where the tier comes from; null = nobody set one. */
  readonly tierOf: string | null;
  /** The pools it draws from, its own first, then upwards; without those that limit nothing. */
  readonly levels: readonly QuotaLevel[];
  /** Resolved: absent = the settings decide. */
  readonly policies: Policies;
  /** Which registered namespace each comes from. */
  readonly policiesOf: Readonly<Partial<Record<PolicyName, string>>>;
}
