import type { Effective } from '../catalog/effective.js';
import type { INHERIT, Policies } from '../catalog/policies.js';
import type { QuotaName, QuotaSpec, Tier } from '../catalog/quota.js';
import type { Kept } from '../catalog/record.js';
import type { Status } from '../catalog/status.js';

/**
 * Managing namespaces: what `/admin` answers and the command line does, against a running server or a folder. All names
 * of fields are those of the HTTP API, and answers are ready to be JSON.
 *
 * Every call rejects with `AppError`: 404 "Namespace not found: …", 409 where the state does not allow it, 412 for a stale
 * `ifMatch`, 422 for what breaks a rule, 429 over a quota, 503 where the disk does not take it; then nothing has changed.
 * What changes something is in the audit log before it is answered.
 */
export interface NamespaceAdmin {
  create(spec: NamespaceSpec, call: AdminCall): Promise<{ namespace: NamespaceView; isRepeated: boolean }>;
  list(query: ListQuery): Promise<{ namespaces: NamespaceView[]; next_cursor: string | null }>;
  get(id: string): Promise<NamespaceView>;
  /** Changes what is given; `null` takes a value away where that means something. */
  update(id: string, patch: NamespacePatch, call: AdminCall): Promise<NamespaceView>;
  /** Replaces its own quotas as a whole. */
  setQuotas(id: string, quotas: QuotasSpec, call: AdminCall): Promise<NamespaceView>;
  setStatus(id: string, status: Status, call: AdminCall): Promise<NamespaceView>;
  /** Without `force`: to be purged after the grace. With it (`graceS` 0): purged now, and what that erased. */
  remove(
    id: string,
    options: { readonly force: boolean; readonly graceS?: number },
    call: AdminCall,
  ): Promise<NamespaceView | ErasedNamespace>;
  restore(id: string, call: AdminCall): Promise<NamespaceView>;
  stats(id: string): Promise<NamespaceStats>;
  totals(): Promise<TotalStats>;
  resolve(id: string): Promise<{ namespace_id: string; shard_id: string; backend: string; status: Status }>;
  audit(query: AuditQuery): Promise<{ entries: AuditEntry[]; next_cursor: string | null }>;
  /** Makes the catalog what the file says; with `dryRun` only tells what would change. */
  apply(declared: Declared, options: ApplyOptions, call: AdminCall): Promise<Plan>;
}

/** Who asks, and on which terms. */
export interface AdminCall {
  /** No secret: a name derived from the credential, `cli:<user>`, `file`, or `system`. */
  readonly actor: string;
  readonly requestId: string;
  /** Value of `If-Match`. */
  readonly ifMatch?: string | undefined;
  /** Of creation alone. The same key with another body is 422, with the same body the first answer. Kept for a day. */
  readonly idempotencyKey?: string | undefined;
}

/** A limit alone, or in full. */
export type QuotasSpec = Readonly<Partial<Record<QuotaName, number | null | Partial<QuotaSpec>>>>;

/** As they are kept, or `retention_days: "inherit"`, which is not set. */
export type PoliciesSpec = Omit<Policies, 'retention_days'> & {
  readonly retention_days?: number | null | typeof INHERIT;
};

export interface NamespaceSpec {
  readonly id: string;
  readonly name?: string;
  readonly tenant_id?: string;
  readonly parent_id?: string;
  /** `provisioning`: nobody may use it until it is made active. Default `active`. */
  readonly status?: 'provisioning' | 'active';
  readonly tier?: Tier;
  readonly quotas?: QuotasSpec;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly tags?: readonly string[];
  readonly owner?: string;
  readonly policies?: PoliciesSpec;
  readonly capacity?: Kept;
  readonly access?: Kept;
  readonly backend?: string;
  readonly backend_config?: Kept;
}

/** As `NamespaceSpec`; null = unset. `metadata` replaces as a whole, `policies` those that are named (null = inherited, of `retention_days` `"inherit"`). */
export type NamespacePatch = {
  readonly [Field in keyof Omit<NamespaceSpec, 'id' | 'status' | 'policies'>]?: NamespaceSpec[Field] | null;
} & { readonly policies?: { readonly [Name in keyof PoliciesSpec]?: PoliciesSpec[Name] | null } };

/** All that are given must fit. */
export interface ListQuery {
  /** 1 to 1000; default 100. */
  readonly limit?: number;
  /** `next_cursor` of the page before. */
  readonly cursor?: string;
  readonly prefix?: string;
  /** Those directly below it. */
  readonly parent?: string;
  readonly tenant?: string;
  readonly status?: Status;
  readonly tag?: string;
}

/** A namespace as answers show it; times are RFC 3339. */
export interface NamespaceView {
  readonly id: string;
  readonly name: string;
  readonly tenant_id: string;
  /** The registered namespace it stands below. */
  readonly parent_id: string | null;
  /** From the top, joined by `/`. */
  readonly path: string;
  /** What holds, with what it inherits. */
  readonly status: Status;
  readonly tier: Tier | null;
  /** Its own. */
  readonly quotas: Partial<Record<QuotaName, QuotaSpec>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tags: readonly string[];
  readonly owner: string | null;
  /** Its own. */
  readonly policies: Policies;
  readonly capacity: Kept;
  readonly access: Kept;
  readonly backend: string;
  readonly backend_config: Kept;
  readonly shard_id: string;
  readonly created_at: string | null;
  readonly updated_at: string | null;
  readonly last_used_at: string | null;
  /** False: it is in use, and nobody registered it. */
  readonly registered: boolean;
  /** Registered ones directly below it. */
  readonly children: number;
  /** When it is purged; null unless it is to be deleted. */
  readonly purge_at: string | null;
  /** What holds and where it comes from: an id, `settings`, or `tier:<name>`. */
  readonly effective: EffectiveView;
  /** For `ETag`: changes with every change of the record. */
  readonly revision: number;
}

export interface EffectiveView {
  readonly status: { readonly value: Effective['status']; readonly from: string };
  readonly tier: { readonly value: Tier; readonly from: string };
  /** The tightest limit of each, with whose pool it is. */
  readonly quotas: Partial<Record<QuotaName, QuotaSpec & { readonly from: string }>>;
  readonly policies: Readonly<Record<string, { readonly value: unknown; readonly from: string }>>;
}

/** What a purge erased; `status` is `deleted`. */
export interface ErasedNamespace {
  readonly id: string;
  readonly status: 'deleted';
  readonly erased: {
    readonly rows: number;
    readonly bytes: number;
    readonly cached_pairs: number;
    /** Files that are gone, damaged ones that lay aside among them. */
    readonly files: readonly string[];
  };
  /** Looked for afterwards, and nothing found. */
  readonly verified: boolean;
  /** Files that may hold something of it and are not ours to change: damaged ones that namespaces shared. */
  readonly left: readonly string[];
}

export interface NamespaceStats {
  readonly namespace_id: string;
  readonly status: Status;
  readonly vector_count: number;
  readonly active_count: number;
  readonly deleted_count: number;
  readonly storage_bytes: number;
  readonly collection_count: number;
  readonly cells: number;
  readonly documents_known: number;
  readonly impressions: number;
  readonly feedback_total: number;
  readonly total_requests: number;
  readonly total_queries: number;
  readonly total_upserts: number;
  readonly total_deletes: number;
  /** The largest share of a quota that is used; 0 without any. */
  readonly quota_utilization: number;
  /** One sentence for each quota from its warning threshold on. */
  readonly warnings: readonly string[];
  /** What is used of each quota that holds, pool by pool. Of rates and what runs at once a running server alone knows. */
  readonly quota_use: readonly QuotaUseView[];
  readonly created_at: string | null;
  readonly last_used_at: string | null;
}

export interface QuotaUseView {
  readonly quota: QuotaName;
  /** Whose pool it is. */
  readonly of: string;
  readonly limit: number;
  /** In the unit of the limit. */
  readonly used: number;
  /** 1 and more = used up. */
  readonly share: number;
}

export interface TotalStats {
  readonly total_namespaces: number;
  readonly active_namespaces: number;
  readonly resident_namespaces: number;
  readonly total_vectors: number;
  readonly total_requests: number;
  readonly storage_bytes: number;
}

export interface AuditQuery {
  readonly namespace?: string;
  readonly actor?: string;
  readonly action?: string;
  /** RFC 3339. */
  readonly since?: string;
  readonly cursor?: string;
  /** 1 to 1000; default 100. */
  readonly limit?: number;
}

export interface AuditEntry {
  readonly seq: number;
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly namespace: string | null;
  /** Null also once the namespace is gone, and its values with it: then `redacted`. */
  readonly before: unknown;
  readonly after: unknown;
  readonly redacted: boolean;
  readonly request_id: string;
  /** SHA-256, in hex. */
  readonly hash: string;
}

export interface ApplyOptions {
  readonly dryRun: boolean;
  /** Also deletes (with grace) namespaces that were declared once and are not any more. */
  readonly prune: boolean;
}

/** What applying a declared file changes, or would. */
export interface Plan {
  readonly changes: readonly PlannedChange[];
  readonly unchanged: number;
  /** Those left as they are although the file, or `prune`, wants something else; the reason completes "it …". */
  readonly skipped: readonly { readonly namespace: string; readonly reason: string }[];
  readonly applied: boolean;
}

export interface PlannedChange {
  readonly action: 'create' | 'update' | 'restore' | 'delete';
  readonly namespace: string;
  /** Fields that change, before and after. */
  readonly fields: Readonly<Record<string, { readonly before: unknown; readonly after: unknown }>>;
}

/** What a declared file says, its defaults put in; in the order it is written. */
export interface Declared {
  readonly namespaces: readonly NamespaceSpec[];
}
