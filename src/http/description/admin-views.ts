import { z } from 'zod';
import { QUOTA_NAMES, TIERS } from '../../catalog/quota.js';
import { STATUSES } from '../../catalog/status.js';
import { count } from './fields.js';

const text = z.string();
const time = z.string().meta({ format: 'date-time' });
const status = z.enum(STATUSES);
const kept = z.unknown();
const number = z.number();

const quota = {
  limit: count.nullable(),
  warning_threshold: number,
  action: z.enum(['reject', 'throttle', 'alert']),
  burst: count.optional(),
  auto_raise: z.object({ above: number, factor: number, ceiling: count }).optional(),
};

function byQuota(schema: z.ZodType) {
  return z.object(Object.fromEntries(QUOTA_NAMES.map((name) => [name, schema.optional()])));
}

const policies = z.object({
  retention_days: number.nullable().optional(),
  cache_enabled: z.boolean().optional(),
  cache_ttl_seconds: number.optional(),
  consistency: z.enum(['strong', 'relaxed']).optional(),
  scorer: text.optional(),
  upstream: z
    .object({
      url: text,
      dialect: text,
      model: text.optional(),
      api_key_name: text.optional(),
    })
    .optional(),
  weight_dense: number.optional(),
  weight_narrative: number.optional(),
  weight_pheromone: number.optional(),
});

const from = text.meta({ description: 'an id, `settings`, or `tier:` and its name' });

/** A namespace as answers show it. */
export const namespaceView = z.object({
  id: text,
  name: text,
  tenant_id: text,
  parent_id: text.nullable().meta({ description: 'the registered namespace it stands below' }),
  path: text,
  status: status.meta({ description: 'what holds, with what it inherits' }),
  tier: z.enum(TIERS).nullable(),
  quotas: byQuota(z.object(quota)).meta({ description: 'its own' }),
  metadata: z.record(z.string(), text),
  tags: z.array(text),
  owner: text.nullable(),
  policies: policies.meta({ description: 'its own' }),
  capacity: kept,
  access: kept,
  backend: text,
  backend_config: kept,
  shard_id: text,
  created_at: time.nullable(),
  updated_at: time.nullable(),
  last_used_at: time.nullable(),
  registered: z.boolean().meta({ description: 'false: it is in use, and nobody registered it' }),
  children: count.meta({ description: 'registered ones directly below it' }),
  purge_at: time.nullable().meta({ description: 'when it is purged; null unless it is to be deleted' }),
  effective: z.object({
    status: z.object({ value: status, from }),
    tier: z.object({ value: z.enum(TIERS), from }),
    quotas: byQuota(z.object({ ...quota, from })),
    policies: z.record(z.string(), z.object({ value: z.unknown(), from })),
  }),
  revision: count.meta({ description: 'counts its changes; `ETag` is made of it' }),
});

export const namespacePage = z.object({
  namespaces: z.array(namespaceView),
  next_cursor: text.nullable().meta({ description: 'null on the last page' }),
});

/** What a purge erased. */
export const erasedNamespace = z.object({
  id: text,
  status: z.literal('deleted'),
  erased: z.object({
    rows: count,
    bytes: count,
    cached_pairs: count,
    files: z.array(text).meta({ description: 'damaged files of it that lay aside' }),
  }),
  verified: z.boolean().meta({ description: 'looked for afterwards, and nothing found' }),
  left: z.array(text).meta({ description: 'damaged files that namespaces shared: not ours to change' }),
});

export const namespaceStats = z.object({
  namespace_id: text,
  status,
  vector_count: count,
  active_count: count,
  deleted_count: count,
  storage_bytes: count,
  collection_count: count,
  cells: count,
  documents_known: count,
  impressions: count,
  feedback_total: count,
  total_requests: count,
  total_queries: count,
  total_upserts: count,
  total_deletes: count,
  quota_utilization: number.min(0).meta({ description: 'the largest share of a quota that is used' }),
  warnings: z.array(text),
  quota_use: z
    .array(
      z.object({
        quota: text,
        of: text.meta({ description: 'whose pool it is' }),
        limit: number.min(0),
        used: number.min(0),
        share: number.min(0),
      }),
    )
    .meta({ description: 'what is used of each quota that holds, pool by pool' }),
  created_at: time.nullable(),
  last_used_at: time.nullable(),
});

export const totalStats = z.object({
  total_namespaces: count,
  active_namespaces: count,
  resident_namespaces: count,
  total_vectors: count,
  total_requests: count,
  storage_bytes: count,
});

export const resolvedNamespace = z.object({
  namespace_id: text,
  shard_id: text,
  backend: text,
  status,
});

/** Entries of the audit log. */
export const auditPage = z.object({
  entries: z.array(
    z.object({
      seq: count,
      at: time,
      actor: text,
      action: text,
      namespace: text.nullable(),
      before: z.unknown(),
      after: z.unknown(),
      redacted: z.boolean().meta({ description: 'true: the namespace is gone, and its values with it' }),
      request_id: text,
      hash: text.meta({ description: 'SHA-256, in hex' }),
    }),
  ),
  next_cursor: text.nullable(),
});

/** What applying changes, or would. */
export const plan = z.object({
  changes: z.array(
    z.object({
      action: z.enum(['create', 'update', 'restore', 'delete']),
      namespace: text,
      fields: z.record(z.string(), z.object({ before: z.unknown(), after: z.unknown() })),
    }),
  ),
  unchanged: count,
  skipped: z
    .array(z.strictObject({ namespace: z.string(), reason: z.string() }))
    .meta({ description: 'those left as they are although something else is wanted, and why' }),
  applied: z.boolean(),
});
