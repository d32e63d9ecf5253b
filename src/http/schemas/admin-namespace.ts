import { z } from 'zod';
import { UPSTREAM_DIALECT_NAMES } from '../../base/settings/upstream.js';
import { MAX_TEXT_LENGTH } from '../../catalog/fields.js';
import { INHERIT } from '../../catalog/policies.js';
import { TIERS } from '../../catalog/quota.js';
import type { Kept } from '../../catalog/record.js';
import { quotasSpec } from './admin-quotas.js';

/** No name has more characters, whatever the pattern. */
const MAX_NAME_LENGTH = 64;
const MAX_TAGS = 32;
const MAX_TAG_LENGTH = 64;
const MAX_METADATA_ENTRIES = 64;
const MAX_KEPT_BYTES = 4096;
const MAX_URL_LENGTH = 2048;
const MAX_MODEL_LENGTH = 1000;

const id = z.string().min(1).max(MAX_NAME_LENGTH);
const label = z.string().min(1).max(MAX_TEXT_LENGTH);

function isSmall(value: unknown): boolean {
  return Buffer.byteLength(JSON.stringify(value)) <= MAX_KEPT_BYTES;
}

const TOO_LARGE = `must have at most ${MAX_KEPT_BYTES} bytes as JSON`;

/** Any JSON, kept as it came: what `parseJson` gives is nothing else. */
const kept = z.unknown().refine(isSmall, TOO_LARGE) as z.ZodType<Kept>;

const metadata = z
  .record(label, z.string().max(MAX_KEPT_BYTES))
  .refine((entries) => Object.keys(entries).length <= MAX_METADATA_ENTRIES, {
    message: `must have at most ${MAX_METADATA_ENTRIES} entries`,
    abort: true,
  })
  .refine(
    (entries) => Buffer.byteLength(Object.entries(entries).flat().join('')) <= MAX_KEPT_BYTES,
    `must have at most ${MAX_KEPT_BYTES} bytes, names and values together`,
  );

const weight = z.number().min(0).max(100);

const upstream = z.strictObject({
  url: z.string().min(1).max(MAX_URL_LENGTH),
  dialect: z.enum(UPSTREAM_DIALECT_NAMES),
  model: z.string().min(1).max(MAX_MODEL_LENGTH).optional(),
  api_key_name: id.optional().meta({ description: 'name of a key in `UPSTREAM_API_KEYS`' }),
});

/** Policies that are set; those that are not are inherited. */
const policies = z.strictObject({
  retention_days: z
    .union([z.number().gt(0).max(36_500), z.literal(INHERIT)])
    .nullable()
    .optional()
    .meta({
      description: 'days after which memory that nobody confirmed goes; null = never; `inherit` = not set',
    }),
  cache_enabled: z.boolean().optional(),
  cache_ttl_seconds: z.number().gt(0).max(31_536_000).optional(),
  consistency: z
    .enum(['strong', 'relaxed'])
    .optional()
    .meta({ description: '`strong`: on disk before a feedback is acknowledged' }),
  scorer: label.optional().meta({ description: 'as `SCORER` is written' }),
  upstream: upstream.optional(),
  weight_dense: weight.optional(),
  weight_narrative: weight.optional(),
  weight_pheromone: weight.optional(),
});

/** The same of a patch: null = inherited again. */
const policiesPatch = z.strictObject({
  retention_days: policies.shape.retention_days,
  cache_enabled: policies.shape.cache_enabled.nullable(),
  cache_ttl_seconds: policies.shape.cache_ttl_seconds.nullable(),
  consistency: policies.shape.consistency.nullable(),
  scorer: policies.shape.scorer.nullable(),
  upstream: policies.shape.upstream.nullable(),
  weight_dense: policies.shape.weight_dense.nullable(),
  weight_narrative: policies.shape.weight_narrative.nullable(),
  weight_pheromone: policies.shape.weight_pheromone.nullable(),
});

/** What creation and change have in common; null counts as absent there, and takes a value away here. */
const fields = {
  name: label.nullish().meta({ description: 'for people; the id unless given' }),
  tenant_id: label
    .nullish()
    .meta({ description: "whose it is; the parent's, else the first label of the id" }),
  parent_id: id
    .nullish()
    .meta({ description: 'for an id without dots: the registered namespace it stands below' }),
  tier: z.enum(TIERS).nullish(),
  quotas: quotasSpec.nullish(),
  metadata: metadata.nullish().meta({ description: 'at most 64 entries and 4096 bytes' }),
  tags: z.array(z.string().min(1).max(MAX_TAG_LENGTH)).max(MAX_TAGS).nullish(),
  owner: label.nullish(),
  capacity: kept.optional().meta({ description: 'what is expected of it; kept as it came' }),
  access: kept.optional().meta({ description: 'who may use it; kept as it came' }),
  backend: label.nullish(),
  backend_config: kept.optional(),
};

/** A namespace to be registered. */
export const namespaceSpec = z.strictObject({
  id: id.meta({ description: 'what requests carry' }),
  status: z.enum(['provisioning', 'active']).nullish().meta({ description: '`active` unless given' }),
  ...fields,
  policies: policies.nullish(),
});

/** What to change: null takes a value away; `metadata`, `tags` and `quotas` are replaced, policies those that are named. */
export const namespacePatch = z.strictObject({ ...fields, policies: policiesPatch.optional() });

export const statusBody = z.strictObject({ status: z.enum(['active', 'read_only', 'suspended']) });
