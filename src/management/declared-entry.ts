import { z } from 'zod';
import type { Policies } from '../catalog/policies.js';
import { TIERS } from '../catalog/quota.js';
import type { Kept } from '../catalog/record.js';
import type { NamespaceSpec, QuotasSpec } from './namespace-admin.js';

const words = z.record(z.string(), z.unknown());

/** What may stand under `defaults` of a declared file, and in each of its namespaces. */
export const defaultsSchema = z
  .object({
    tenant: z.string().nullable(),
    /** As over HTTP. */
    tenant_id: z.string().nullable(),
    tier: z.enum(TIERS).nullable(),
    quotas: words.nullable(),
    policies: words.nullable(),
    metadata: z.record(z.string(), z.string()).nullable(),
    tags: z.array(z.string()).nullable(),
    owner: z.string().nullable(),
    capacity: z.unknown().optional(),
    access: z.unknown().optional(),
    backend: z.string().nullable(),
    backend_config: z.unknown().optional(),
  })
  .partial();

export const entrySchema = defaultsSchema.extend({
  namespace: z.string(),
  name: z.string().nullish(),
  parent: z.string().nullish(),
  /** As over HTTP. */
  parent_id: z.string().nullish(),
});

export type DeclaredDefaults = z.infer<typeof defaultsSchema>;
export type DeclaredEntry = z.infer<typeof entrySchema>;

/** Fields of `NamespaceSpec` that the file calls otherwise. */
export const FILE_NAMES: Readonly<Record<string, string>> = {
  id: 'namespace',
  tenant_id: 'tenant',
  parent_id: 'parent',
};

/**
 * One namespace with what the defaults add. `quotas`, `policies` and `metadata` are merged name by name, all else is the
 * entry's where it says something. A null takes the default away, except where null is a value: no limit, and
 * `retention_days: null`, kept for ever (`inherit` takes that default away). Does not check names and values of quotas and policies.
 */
export function mergedSpec(defaults: DeclaredDefaults, entry: DeclaredEntry): NamespaceSpec {
  const { namespace, name, quotas, policies, metadata, capacity, access, backend_config } = entry;
  const { parent = entry.parent_id, tenant = entry.tenant_id } = entry;
  const { tenant: usualTenant = defaults.tenant_id } = defaults;
  const plain = <Field extends 'tier' | 'tags' | 'owner' | 'backend'>(field: Field) => {
    const value = entry[field] === undefined ? defaults[field] : entry[field];
    return present<Field, NonNullable<DeclaredDefaults[Field]>>(field, value ?? undefined);
  };
  return {
    id: namespace,
    ...present('name', name),
    ...present('parent_id', parent),
    ...present('tenant_id', tenant === undefined ? usualTenant : tenant),
    ...plain('tier'),
    ...plain('tags'),
    ...plain('owner'),
    ...plain('backend'),
    quotas: merged(defaults.quotas, quotas) as QuotasSpec,
    policies: withoutInherited(merged(defaults.policies, policies)),
    metadata: merged(defaults.metadata, metadata) as Readonly<Record<string, string>>,
    ...kept('capacity', capacity, defaults.capacity),
    ...kept('access', access, defaults.access),
    ...kept('backend_config', backend_config, defaults.backend_config),
  };
}

function present<Field extends string, Value>(field: Field, value: Value | null | undefined) {
  return (value === undefined || value === null ? {} : { [field]: value }) as {
    readonly [Name in Field]?: Value;
  };
}

function kept<Field extends string>(field: Field, own: unknown, other: unknown) {
  return present(field, (own === undefined ? other : own) as Kept | undefined);
}

/** Null in place of the entry's whole mapping: nothing of the defaults either. */
function merged(
  defaults: Readonly<Record<string, unknown>> | null | undefined,
  own: Readonly<Record<string, unknown>> | null | undefined,
): Readonly<Record<string, unknown>> {
  return own === null ? {} : { ...defaults, ...own };
}

function withoutInherited(policies: Readonly<Record<string, unknown>>): Policies {
  const set = Object.entries(policies).filter(([name, value]) => value !== null || name === 'retention_days');
  return Object.fromEntries(set);
}
