import type { Policies } from './policies.js';
import type { Quotas, Tier } from './quota.js';
import type { KeptStatus } from './status.js';

/** A JSON value that is kept as it came and given back. */
export type Kept = string | number | boolean | null | readonly Kept[] | { readonly [key: string]: Kept };

/** What is durably known of a registered namespace: the row `namespace` of its id. */
export interface NamespaceRecord {
  /** The name in requests. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  readonly tenant_id: string;
  /** Of an id without dots alone: the registered namespace it stands below. With dots the id itself says it. */
  readonly parent_id: string | null;
  readonly status: KeptStatus;
  /** Null = inherited, at the top `unlimited`. */
  readonly tier: Tier | null;
  /** Its own; see `Quotas`. */
  readonly quotas: Quotas;
  /** Up to 64 entries and 4 KB. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly tags: readonly string[];
  readonly owner: string | null;
  /** Its own. */
  readonly policies: Policies;
  readonly capacity: Kept;
  readonly access: Kept;
  /** The storage backend; null = the server's. */
  readonly backend: string | null;
  readonly backend_config: Kept;
  /** Milliseconds since the epoch. */
  readonly created_at: number;
  readonly updated_at: number;
  /**
   * Counts its changes, from the number of the audit entry of its making: what its `ETag` is made of. So one that is made
   * anew under a name has none that an earlier one had.
   */
  readonly revision: number;
  /** While it is to be deleted: since when, when it is purged, and what `restore` makes of it. */
  readonly deletion: {
    readonly since: number;
    readonly purge_at: number;
    readonly before: KeptStatus;
  } | null;
  /** Whether the declared file names it. */
  readonly declared: boolean;
}

/** A new one without anything set; `now` in milliseconds since the epoch. */
export function newRecord(id: string, tenantId: string, now: number): NamespaceRecord {
  return {
    id,
    name: id,
    tenant_id: tenantId,
    parent_id: null,
    status: 'active',
    tier: null,
    quotas: {},
    metadata: {},
    tags: [],
    owner: null,
    policies: {},
    capacity: null,
    access: null,
    backend: null,
    backend_config: null,
    created_at: now,
    updated_at: now,
    revision: 1,
    deletion: null,
    declared: false,
  };
}

/** Whose a new namespace is unless its maker says so: its parent's tenant, at the top its first label. */
export function defaultTenant(id: string, parent: NamespaceRecord | undefined): string {
  return parent?.tenant_id ?? (id.split('.', 1)[0] || id);
}
